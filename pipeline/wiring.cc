#include "pipeline/wiring.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "core/log.h"
#include "core/nearest_name.h"

namespace attune::pipeline {
namespace {

std::vector<std::string> port_names(const std::vector<PortSpec>& ports) {
  std::vector<std::string> names;
  for (const PortSpec& port : ports) names.push_back(port.name);
  return names;
}

std::optional<std::size_t> find_port(const std::vector<PortSpec>& ports, const std::string& name) {
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (ports[i].name == name) return i;
  }
  return std::nullopt;
}

/// The port that a scalar `in` means: the only one, or the only required one.
std::optional<std::size_t> scalar_port(const NodeType& type) {
  if (type.inputs.size() == 1) return 0;
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < type.inputs.size(); ++i) {
    if (type.inputs[i].optional) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

std::string input_map_text(const NodeType& type) {
  std::string text;
  for (const PortSpec& port : type.inputs) {
    text += fmt::format("{}{}: NODE{}", text.empty() ? "" : ", ", port.name,
                        port.optional ? " (optional)" : "");
  }
  return fmt::format("in: {{{}}}", text);
}

class Wiring {
 public:
  Wiring(const YamlSource& source, std::vector<NodeBlock> blocks)
      : source_(source), blocks_(std::move(blocks)) {}

  std::vector<NodeConfig> run() {
    for (NodeBlock& block : blocks_) {
      for (const WrittenInput& input : block.written_inputs) connect_input(block, input);
      check_open_inputs(block);
    }
    require_source_and_sink();
    return ordered();
  }

 private:
  void connect_input(NodeBlock& block, const WrittenInput& input) {
    const auto dot = input.from.find('.');
    const std::string name = input.from.substr(0, dot);
    const std::size_t feeding = find_node(name, block, input);
    const NodeType& type = *blocks_[feeding].node.type;
    if (type.outputs.empty()) {
      source_.fail(input.at, {.problem = fmt::format("node '{}': '{}' ({}) has no outputs",
                                                     block.node.name, name, type.name)});
    }
    std::size_t port = 0;
    if (dot != std::string::npos) {
      const std::string port_name = input.from.substr(dot + 1);
      const auto found = find_port(type.outputs, port_name);
      if (!found) {
        const auto names = port_names(type.outputs);
        source_.fail(input.at, {.problem = fmt::format("node '{}': '{}' ({}) has no output '{}'",
                                                       block.node.name, name, type.name, port_name),
                                .expected = one_of(names),
                                .suggestion = nearest_name(port_name, names)});
      }
      port = *found;
    }
    check_types(block, input, feeding, port);
    block.node.inputs[input.port] = {static_cast<std::ptrdiff_t>(feeding), port};
  }

  std::size_t find_node(const std::string& name, const NodeBlock& block,
                        const WrittenInput& input) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      if (blocks_[i].node.name == name) return i;
      if (blocks_[i].node.name != block.node.name) names.push_back(blocks_[i].node.name);
    }
    source_.fail(input.at,
                 {.problem = fmt::format("node '{}': there is no node '{}'", block.node.name, name),
                  .expected = names.empty() ? "" : one_of(names),
                  .suggestion = nearest_name(name, names)});
  }

  void check_types(const NodeBlock& block, const WrittenInput& input, std::size_t feeding,
                   std::size_t port) const {
    const PortSpec& wanted = block.node.type->inputs[input.port];
    const NodeBlock& from = blocks_[feeding];
    const PortSpec& given = from.node.type->outputs[port];
    if (*wanted.type->info == *given.type->info) return;
    std::string fitting;
    for (const PortSpec& other : from.node.type->outputs) {
      if (fitting.empty() && *other.type->info == *wanted.type->info) {
        fitting = fmt::format("{}.{}", from.node.name, other.name);
      }
    }
    source_.fail(input.at,
                 {.problem = fmt::format("node '{}': input '{}' takes {}, but '{}.{}' gives {}",
                                         block.node.name, wanted.name, wanted.type->name,
                                         from.node.name, given.name, given.type->name),
                  .expected = fmt::format("an output of type {}", wanted.type->name),
                  .suggestion = fitting});
  }

  void check_open_inputs(const NodeBlock& block) const {
    const NodeType& type = *block.node.type;
    bool any = type.inputs.empty();
    for (std::size_t i = 0; i < type.inputs.size(); ++i) {
      any = any || block.node.inputs[i].connected();
      if (block.node.inputs[i].connected() || type.inputs[i].optional) continue;
      source_.fail(block.at, {.problem = fmt::format("node '{}': input '{}' ({}) is not connected",
                                                     block.node.name, type.inputs[i].name,
                                                     type.inputs[i].type->name),
                              .expected = type.inputs.size() == 1 ? "in: NODE or in: NODE.PORT"
                                                                  : input_map_text(type)});
    }
    if (!any) {
      source_.fail(block.at, {.problem = fmt::format("node '{}': none of its inputs is connected",
                                                     block.node.name),
                              .expected = input_map_text(type)});
    }
  }

  void require_source_and_sink() const {
    const auto none = [&](auto&& condition) {
      return std::none_of(blocks_.begin(), blocks_.end(),
                          [&](const NodeBlock& block) { return condition(*block.node.type); });
    };
    if (none([](const NodeType& type) { return type.concurrency == Concurrency::kSource; })) {
      source_.fail(blocks_.front().at, {.problem = "no node is a source, so nothing would be read",
                                        .expected = "a node without inputs, such as a demuxer"});
    }
    if (none([](const NodeType& type) { return type.outputs.empty(); })) {
      source_.fail(blocks_.back().at, {.problem = "no node is a sink, so there would be no result",
                                       .expected = "a node without outputs, such as a writer"});
    }
  }

  /// Kahn's algorithm, always taking the first node of the file that is ready.
  std::vector<NodeConfig> ordered() {
    constexpr std::ptrdiff_t kUnplaced = -1;
    std::vector<std::ptrdiff_t> place(blocks_.size(), kUnplaced);
    std::vector<NodeConfig> nodes;
    while (nodes.size() < blocks_.size()) {
      const auto ready = [&](const NodeBlock& block) {
        return std::all_of(block.node.inputs.begin(), block.node.inputs.end(), [&](const auto& in) {
          return !in.connected() || place[static_cast<std::size_t>(in.node)] != kUnplaced;
        });
      };
      std::size_t next = 0;
      while (next < blocks_.size() && (place[next] != kUnplaced || !ready(blocks_[next]))) ++next;
      if (next == blocks_.size()) fail_with_cycle(place);
      place[next] = static_cast<std::ptrdiff_t>(nodes.size());
      nodes.push_back(std::move(blocks_[next].node));
      for (NodeConfig::Input& input : nodes.back().inputs) {
        if (input.connected()) input.node = place[static_cast<std::size_t>(input.node)];
      }
      blocks_[next].node.inputs.clear();
    }
    return nodes;
  }

  /// Walks from an unplaced node to unplaced nodes that feed it until one comes again.
  [[noreturn]] void fail_with_cycle(const std::vector<std::ptrdiff_t>& place) const {
    std::size_t node = 0;
    while (place[node] >= 0) ++node;
    std::vector<std::size_t> path;
    while (std::find(path.begin(), path.end(), node) == path.end()) {
      path.push_back(node);
      for (const NodeConfig::Input& input : blocks_[node].node.inputs) {
        if (input.connected() && place[static_cast<std::size_t>(input.node)] < 0) {
          node = static_cast<std::size_t>(input.node);
          break;
        }
      }
    }
    path.erase(path.begin(), std::find(path.begin(), path.end(), node));
    std::vector<std::string> names = {blocks_[node].node.name};
    for (auto step = path.rbegin(); step != path.rend(); ++step) {
      names.push_back(blocks_[*step].node.name);
    }
    source_.fail(blocks_[node].at,
                 {.problem = fmt::format("the nodes feed each other in a circle: {}",
                                         fmt::join(names, " -> "))});
  }

  const YamlSource& source_;
  std::vector<NodeBlock> blocks_;
};

}  // namespace

std::vector<WrittenInput> read_inputs(const YamlSource& source, Substitution& substitution,
                                      const NodeConfig& node, const YAML::Node& in,
                                      const YAML::Mark& at) {
  const NodeType& type = *node.type;
  if (!in.IsDefined() || in.IsNull()) return {};
  if (type.inputs.empty()) {
    source.fail(at, {.problem = fmt::format("node '{}': {} has no inputs", node.name, type.name),
                     .expected = "no 'in'"});
  }
  if (in.IsScalar()) {
    const auto port = scalar_port(type);
    if (!port) {
      source.fail(at,
                  {.problem = fmt::format("node '{}': {} has several inputs", node.name, type.name),
                   .expected = input_map_text(type)});
    }
    return {{*port, substitution.resolve(in, at).value.Scalar(), at}};
  }
  source.require_map(in, at, fmt::format("'in' of node '{}'", node.name));
  std::vector<WrittenInput> inputs;
  for (const auto& entry : in) {
    const auto port = find_port(type.inputs, entry.first.Scalar());
    if (!port) {
      const auto names = port_names(type.inputs);
      source.fail(entry.first.Mark(),
                  {.problem = fmt::format("node '{}': {} has no input '{}'", node.name, type.name,
                                          entry.first.Scalar()),
                   .expected = one_of(names),
                   .suggestion = nearest_name(entry.first.Scalar(), names)});
    }
    const YAML::Mark value_at = mark_of(entry.second, entry.first);
    const ResolvedValue value = substitution.resolve(entry.second, value_at);
    if (!value.value.IsScalar()) {
      source.fail(value_at, {.problem = fmt::format("node '{}': input '{}' does not name an output",
                                                    node.name, entry.first.Scalar()),
                             .expected = "NODE or NODE.PORT"});
    }
    inputs.push_back({*port, value.value.Scalar(), value_at});
  }
  return inputs;
}

std::vector<NodeConfig> connect(const YamlSource& source, std::vector<NodeBlock> blocks) {
  return Wiring(source, std::move(blocks)).run();
}

void warn_unused_outputs(const Config& config) {
  std::vector<bool> used(config.nodes.size(), false);
  for (const NodeConfig& node : config.nodes) {
    for (const NodeConfig::Input& input : node.inputs) {
      if (input.connected()) used[static_cast<std::size_t>(input.node)] = true;
    }
  }
  for (std::size_t i = 0; i < config.nodes.size(); ++i) {
    const NodeConfig& node = config.nodes[i];
    if (!used[i] && !node.type->outputs.empty()) {
      log()->warn("{}:{}: nobody uses the outputs of node '{}'", config.file.string(), node.line,
                  node.name);
    }
  }
}

}  // namespace attune::pipeline
