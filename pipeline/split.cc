#include "pipeline/split.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace attune::pipeline {
namespace {

std::string output_name(const NodeConfig& node, std::size_t port) {
  return node.name + "." + node.type->outputs[port].name;
}

/// Nodes are in topological order.
std::vector<bool> find_local(const Config& config) {
  std::vector<bool> local(config.nodes.size());
  for (std::size_t i = 0; i < config.nodes.size(); ++i) {
    const NodeConfig& node = config.nodes[i];
    local[i] = node.type->reach.has_value() &&
               std::all_of(node.inputs.begin(), node.inputs.end(), [&](const auto& input) {
                 return !input.connected() || local[static_cast<std::size_t>(input.node)];
               });
  }
  return local;
}

std::vector<StoredOutput> find_stored(const Config& config, const std::vector<bool>& local) {
  std::vector<StoredOutput> stored;
  for (std::size_t i = 0; i < config.nodes.size(); ++i) {
    const NodeConfig& node = config.nodes[i];
    for (std::size_t port = 0; local[i] && port < node.type->outputs.size(); ++port) {
      bool is_read = false;
      for (std::size_t reader = 0; reader < config.nodes.size(); ++reader) {
        for (const NodeConfig::Input& input : config.nodes[reader].inputs)
          is_read = is_read || (!local[reader] && input.node == static_cast<std::ptrdiff_t>(i) &&
                                input.port == port);
      }
      if (is_read)
        stored.push_back({i, port, node.type->outputs[port].type, output_name(node, port)});
    }
  }
  return stored;
}

/// The longest way through the local nodes.
Duration find_reach(const Config& config, const std::vector<bool>& local) {
  std::vector<Duration> reach(config.nodes.size());
  for (std::size_t i = 0; i < config.nodes.size(); ++i) {
    if (!local[i]) continue;
    for (const NodeConfig::Input& input : config.nodes[i].inputs)
      if (input.connected())
        reach[i] = std::max(reach[i], reach[static_cast<std::size_t>(input.node)]);
    reach[i] += *config.nodes[i].type->reach;
  }
  return *std::max_element(reach.begin(), reach.end());
}

/// The nodes that are kept, with inputs that point to each other; `first` nodes come before them.
/// `redirect` gives the new source of an input whose node is not kept.
template <class Redirect>
std::vector<NodeConfig> kept_nodes(const Config& config, const std::vector<bool>& is_kept,
                                   std::ptrdiff_t first, const Redirect& redirect) {
  std::vector<std::ptrdiff_t> place(config.nodes.size());
  std::vector<NodeConfig> nodes;
  for (std::size_t i = 0; i < config.nodes.size(); ++i) {
    if (!is_kept[i]) continue;
    place[i] = first + static_cast<std::ptrdiff_t>(nodes.size());
    NodeConfig node = config.nodes[i];
    for (NodeConfig::Input& input : node.inputs) {
      if (!input.connected()) continue;
      const auto from = static_cast<std::size_t>(input.node);
      input = is_kept[from] ? NodeConfig::Input{place[from], input.port} : redirect(input);
    }
    nodes.push_back(std::move(node));
  }
  return nodes;
}

}  // namespace

Split split(const Config& config) {
  Split result;
  result.is_local = find_local(config);
  if (std::none_of(result.is_local.begin(), result.is_local.end(),
                   [](bool local) { return local; }))
    throw Error(ErrorKind::kConfig,
                fmt::format("{}: cannot be split: no node of it works on parts of a recording",
                            config.file.string()));
  result.stored = find_stored(config, result.is_local);
  for (const StoredOutput& output : result.stored)
    if (output.type->store == nullptr)
      throw Error(
          ErrorKind::kConfig,
          fmt::format("{}: cannot be split: what leaves {} ({}) goes to nodes that need the "
                      "whole recording and cannot be kept in a file",
                      config.file.string(), output.name, output.type->name));
  if (result.stored.empty())
    throw Error(ErrorKind::kConfig, config.file.string() + ": cannot be split: it has no results");
  result.reach = find_reach(config, result.is_local);
  return result;
}

std::vector<PortSpec> stored_ports(const Split& split) {
  std::vector<PortSpec> ports;
  for (const StoredOutput& output : split.stored)
    ports.push_back({.name = output.name, .type = output.type, .doc = "of the pipeline"});
  return ports;
}

Config local_config(const Config& config, const Split& split, const NodeType& recorder) {
  Config local = config;
  std::vector<std::ptrdiff_t> place(config.nodes.size());
  std::ptrdiff_t next = 0;
  for (std::size_t i = 0; i < config.nodes.size(); ++i)
    if (split.is_local[i]) place[i] = next++;
  local.nodes =
      kept_nodes(config, split.is_local, 0, [](const NodeConfig::Input& input) { return input; });
  NodeConfig node;
  node.name = recorder.name;
  node.type = &recorder;
  for (const StoredOutput& output : split.stored)
    node.inputs.push_back({place[output.node], output.port});
  local.nodes.push_back(std::move(node));
  return local;
}

Config rest_config(const Config& config, const Split& split, const NodeType& player) {
  Config rest = config;
  std::vector<bool> is_kept = split.is_local;
  is_kept.flip();
  const auto from_player = [&](const NodeConfig::Input& input) {
    const auto stored =
        std::find_if(split.stored.begin(), split.stored.end(), [&](const StoredOutput& output) {
          return static_cast<std::ptrdiff_t>(output.node) == input.node &&
                 output.port == input.port;
        });
    return NodeConfig::Input{0, static_cast<std::size_t>(stored - split.stored.begin())};
  };
  NodeConfig node;
  node.name = player.name;
  node.type = &player;
  rest.nodes = kept_nodes(config, is_kept, 1, from_player);
  rest.nodes.insert(rest.nodes.begin(), std::move(node));
  return rest;
}

}  // namespace attune::pipeline
