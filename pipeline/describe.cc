#include <fmt/format.h>

#include <map>
#include <sstream>

#include "pipeline/node_type.h"

namespace attune::pipeline {
namespace {

std::string concurrency_text(Concurrency concurrency) {
  switch (concurrency) {
    case Concurrency::kSerial:
      return "serial: one packet at a time";
    case Concurrency::kParallel:
      return "parallel: several packets at once, results in order";
    case Concurrency::kSource:
      return "source: runs on a thread of its own";
  }
  return "";
}

std::string indented(const std::string& text) {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    result += line.empty() ? "\n" : fmt::format("  {}\n", line);
  }
  return result;
}

std::string ports_text(std::string_view title, const std::vector<PortSpec>& ports) {
  if (ports.empty()) return "";
  std::string text = fmt::format("\n{}\n", title);
  for (const PortSpec& port : ports) {
    text +=
        fmt::format("  {}: {}{}\n", port.name, port.type->name, port.optional ? " (optional)" : "");
    if (!port.doc.empty()) text += fmt::format("      {}\n", port.doc);
  }
  return text;
}

std::string parameters_text(const std::vector<ParameterSpec>& parameters) {
  if (parameters.empty()) return "";
  std::string text = "\nparameters\n";
  for (const ParameterSpec& spec : parameters) {
    text += fmt::format("  {}: {}; {}\n", spec.name, allowed_values(spec),
                        spec.required ? "required" : "default " + to_string(spec.default_value));
    if (!spec.doc.empty()) text += fmt::format("      {}\n", spec.doc);
  }
  return text;
}

}  // namespace

std::string describe(const NodeType& type) {
  std::string text = fmt::format("{}: {}\n", type.name, type.summary);
  if (!type.doc.empty()) text += "\n" + indented(type.doc);
  text += ports_text("inputs", type.inputs);
  text += ports_text("outputs", type.outputs);
  text += parameters_text(type.parameters);
  text += fmt::format("\nconcurrency\n  {}\n", concurrency_text(type.concurrency));
  if (type.emits_at_end) text += "  emits everything at the end of the recording\n";
  if (type.reach)
    text += fmt::format("\nreach\n  {:g} s: may run on parts of a recording (batch --split)\n",
                        to_seconds(*type.reach));
  if (type.latency) {
    std::map<std::string, ParameterValue> defaults;
    for (const ParameterSpec& spec : type.parameters) defaults[spec.name] = spec.default_value;
    text += fmt::format("\nlatency\n  {:g} s with the defaults; may be part of a live pipeline\n",
                        to_seconds(type.latency(Parameters(std::move(defaults)))));
  }
  if (!type.example.empty()) text += "\nexample\n" + indented(type.example);
  return text;
}

}  // namespace attune::pipeline
