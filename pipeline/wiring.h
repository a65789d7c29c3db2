#pragma once

#include <string>
#include <vector>

#include "pipeline/config.h"
#include "pipeline/substitution.h"
#include "pipeline/yaml_source.h"

namespace attune::pipeline {

/// The text of one `in` entry and where it stands: "NODE" or "NODE.PORT" for an input port.
struct WrittenInput {
  std::size_t port = 0;
  std::string from;
  YAML::Mark at;
};

/// A node block that has been read but not connected.
struct NodeBlock {
  NodeConfig node;
  std::vector<WrittenInput> written_inputs;
  YAML::Mark at;
};

/// Reads the `in` of a block: which of the type's ports are fed by what. `in` may be undefined.
std::vector<WrittenInput> read_inputs(const YamlSource& source, Substitution& substitution,
                                      const NodeConfig& node, const YAML::Node& in,
                                      const YAML::Mark& at);

/// Connects the blocks and returns their nodes in topological order (file order among equals).
/// Throws Error(kConfig) on an unknown node or port, payload types that differ, a required port
/// left open, a cycle, no source, no sink.
std::vector<NodeConfig> connect(const YamlSource& source, std::vector<NodeBlock> blocks);

/// Logs a warning for each node with outputs that no other node uses.
void warn_unused_outputs(const Config& config);

}  // namespace attune::pipeline
