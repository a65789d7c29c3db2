#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/time.h"
#include "pipeline/node_type.h"

namespace attune::pipeline {

struct NodeConfig {
  std::string name;
  const NodeType* type = nullptr;
  Parameters parameters;
  /// The output that feeds an input port: indices into Config::nodes and into its type's outputs.
  struct Input {
    /// -1 when unconnected, which only optional ports may be.
    std::ptrdiff_t node = -1;
    std::size_t port = 0;
    bool connected() const { return node >= 0; }
  };
  /// One for each input port of the type.
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
  /// Live pipelines: how long after a sample's arrival the result for it is there. Every path of
  /// the graph keeps to it (latency.h).
  std::optional<Duration> latency_budget;
  /// Of sinks that have one of their own, by name.
  std::map<std::string, Duration> sink_budgets;

  Duration budget_of(const std::string& sink) const {
    const auto own = sink_budgets.find(sink);
    return own != sink_budgets.end() ? own->second : latency_budget.value_or(Duration::max());
  }
  std::vector<NodeConfig> nodes;
};

/// Values of `--set name=value`, replacing entries of the file's `parameters:` block. Dotted names
/// reach into maps ("speakers.1=Anna").
using Overrides = std::map<std::string, std::string>;

/// Reads and checks a pipeline description:
///
///     name: caption
///     parameters:            # values that --set may replace; ${name} in the node blocks
///       detector: auto
///       speakers: {}
///     limits: {media_time: 20s, memory: 256MiB}
///     latency: 2s            # live pipelines only; what the nodes add is checked against it;
///                            # {default: 2s, captions: 8s} where a sink has its own
///     nodes:
///       source: {type: demuxer, audio: ${audio_track}}
///       frames: {type: video_decoder, in: source.video}
///       tracks: {type: face_tracker, in: {frames: grid, faces: faces.faces}}
///
/// `in` is NODE (its first output) or NODE.PORT for types with one input or one required input,
/// else a map of input ports to these. Throws Error(kConfig) with "file:line:column: problem", the
/// block in question, what was expected and the nearest valid name.
Config load_config(const std::filesystem::path& file, const Overrides& overrides = {},
                   const NodeRegistry& registry = NodeRegistry::instance());

/// The same from text; `file` only names it in messages.
Config parse_config(const std::string& text, const std::filesystem::path& file,
                    const Overrides& overrides = {},
                    const NodeRegistry& registry = NodeRegistry::instance());

/// Reads NodeType::example, one node block, and checks its keys and parameters; the nodes it names
/// as inputs need not exist, the ports of its own must. Throws Error(kConfig).
NodeConfig parse_example(const NodeType& type);

/// Graphviz dot of the nodes and edges, edges labelled with their payload types.
std::string to_dot(const Config& config);

}  // namespace attune::pipeline
