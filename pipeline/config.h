#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/time.h"
#include "pipeline/node_type.h"

namespace attune::pipeline {

/// One end of an edge: output `port` of node `node` (indices into Config::nodes and its type's ports).
struct Endpoint {
  std::size_t node = 0;
  std::size_t port = 0;
};

struct NodeConfig {
  std::string name;
  const NodeType* type = nullptr;
  Parameters parameters;
  /// For each input port of the type the output that feeds it; -1 node when unconnected (optional).
  struct Input {
    std::ptrdiff_t node = -1;
    std::size_t port = 0;
  };
  std::vector<Input> inputs;
  int line = 0;
};

/// A pipeline description that has passed every check: known types, declared parameters in range,
/// ports connected to ports of the same payload type, no cycle. Nodes are in topological order.
struct Config {
  std::string name;
  std::filesystem::path file;
  /// SHA-256 of the text after substitution.
  std::string hash;
  /// Media time and bytes that may be between the source and the slowest sink.
  Duration max_media_time_in_flight = std::chrono::seconds(20);
  std::size_t max_bytes_in_flight = std::size_t{256} << 20;
  std::vector<NodeConfig> nodes;
};

/// Values of `--set name=value`, replacing entries of the file's `parameters:` block. Dotted names
/// reach into maps ("speakers.1=Anna").
using Overrides = std::map<std::string, std::string>;

/// Reads and checks a pipeline description. Throws Error(kConfig) with "file:line:column: ...", the
/// block in question, what was expected and the nearest valid name.
Config load_config(const std::filesystem::path& file, const Overrides& overrides = {});

/// The same from text; `file` only names it in messages.
Config parse_config(const std::string& text, const std::filesystem::path& file,
                    const Overrides& overrides = {});

/// Graphviz dot of the nodes and edges, edges labelled with their payload types.
std::string to_dot(const Config& config);

}  // namespace attune::pipeline
