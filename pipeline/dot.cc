#include <fmt/format.h>

#include "pipeline/config.h"

namespace attune::pipeline {
namespace {

std::string dot_text(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

std::string_view shape(const NodeType& type) {
  if (type.concurrency == Concurrency::kSource) return "invhouse";
  return type.outputs.empty() ? "house" : "box";
}

}  // namespace

std::string to_dot(const Config& config) {
  std::string text = fmt::format(
      "digraph {} {{\n  rankdir=TB;\n  node [fontname=\"sans-serif\"];\n"
      "  edge [fontname=\"sans-serif\", fontsize=10];\n",
      dot_text(config.name));
  for (const NodeConfig& node : config.nodes) {
    // "\n" in a dot label starts a new line; it must not be escaped again.
    const std::string label = dot_text(node.name);
    std::string added;
    if (config.latency_budget && node.type->latency)
      added = fmt::format("\\n+{:g} s", to_seconds(node.type->latency(node.parameters)));
    text += fmt::format("  {} [label={}\\n({}){}\", shape={}];\n", label,
                        label.substr(0, label.size() - 1), node.type->name, added,
                        shape(*node.type));
  }
  for (const NodeConfig& node : config.nodes) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (!node.inputs[i].connected()) continue;
      const NodeConfig& from = config.nodes[static_cast<std::size_t>(node.inputs[i].node)];
      const PortSpec& output = from.type->outputs[node.inputs[i].port];
      text += fmt::format("  {} -> {} [label=\"{}\", taillabel=\"{}\", headlabel=\"{}\"];\n",
                          dot_text(from.name), dot_text(node.name), output.type->name, output.name,
                          node.type->inputs[i].name);
    }
  }
  return text + "}\n";
}

}  // namespace attune::pipeline
