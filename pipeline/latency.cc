#include "pipeline/latency.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace attune::pipeline {
namespace {

const NodeConfig* without_latency(const Config& config) {
  const auto found = std::ranges::find_if(
      config.nodes, [](const NodeConfig& node) { return !node.type->latency; });
  return found == config.nodes.end() ? nullptr : &*found;
}

}  // namespace

std::optional<std::vector<LatencyPath>> slowest_paths(const Config& config) {
  if (without_latency(config) != nullptr) return std::nullopt;
  // Nodes are in topological order: what feeds a node has been dealt with before it.
  std::vector<LatencyPath> paths;
  std::vector<LatencyPath> sinks;
  for (const NodeConfig& node : config.nodes) {
    LatencyPath longest;
    for (const NodeConfig::Input& input : node.inputs) {
      if (!input.connected()) continue;
      const LatencyPath& before = paths[static_cast<std::size_t>(input.node)];
      if (longest.steps.empty() || before.total > longest.total) longest = before;
    }
    const Duration added = node.type->latency(node.parameters);
    longest.sink = node.name;
    longest.total += added;
    longest.steps.push_back({node.name, added});
    if (node.type->outputs.empty()) sinks.push_back(longest);
    paths.push_back(std::move(longest));
  }
  return sinks;
}

std::string to_string(const LatencyPath& path) {
  std::string text;
  for (const LatencyPath::Step& step : path.steps) {
    if (step.added == Duration::zero()) continue;
    text +=
        fmt::format("{}{} {:g} s", text.empty() ? "" : " + ", step.node, to_seconds(step.added));
  }
  return fmt::format("{} = {:g} s", text.empty() ? "nothing" : text, to_seconds(path.total));
}

std::vector<bool> unhurried_nodes(const Config& config) {
  std::vector<bool> unhurried(config.nodes.size(), config.latency_budget.has_value());
  if (!config.latency_budget) return unhurried;
  // From the sinks up: what feeds a node comes before it.
  for (std::size_t i = config.nodes.size(); i-- > 0;) {
    const NodeConfig& node = config.nodes[i];
    if (node.type->outputs.empty())
      unhurried[i] = config.budget_of(node.name) > *config.latency_budget;
    if (unhurried[i]) continue;
    for (const NodeConfig::Input& input : node.inputs)
      if (input.connected()) unhurried[static_cast<std::size_t>(input.node)] = false;
  }
  return unhurried;
}

void check_latency(const Config& config) {
  if (!config.latency_budget) return;
  if (const NodeConfig* node = without_latency(config)) {
    throw Error(
        ErrorKind::kConfig,
        fmt::format("{}:{}: node '{}': {} says of no latency that it keeps to (it may wait "
                    "for the end of the recording), so it cannot be part of a live pipeline",
                    config.file.string(), node->line, node->name, node->type->name));
  }
  const std::vector<LatencyPath> paths = slowest_paths(config).value();
  for (const LatencyPath& path : paths) {
    const Duration budget = config.budget_of(path.sink);
    if (path.total <= budget) continue;
    throw Error(ErrorKind::kConfig,
                fmt::format("{}: latency: {:g} s for '{}' is less than what the nodes add: {}; ask "
                            "for more latency, or let one of these nodes wait less",
                            config.file.string(), to_seconds(budget), path.sink, to_string(path)));
  }
}

}  // namespace attune::pipeline
