#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/time.h"
#include "pipeline/config.h"

namespace attune::pipeline {

/// The slowest way to a sink: the nodes from a source to it whose declared latencies have the
/// largest sum. Computing comes on top of it.
struct LatencyPath {
  struct Step {
    std::string node;
    Duration added{};
  };
  /// The sink.
  std::string sink;
  Duration total{};
  std::vector<Step> steps;
};

/// One for each sink, in the order of the configuration; nothing when a node declares no latency.
std::optional<std::vector<LatencyPath>> slowest_paths(const Config& config);

/// "sound 0.04 s + hearing 0.94 s + ... = 1.82 s", without the nodes that add nothing.
std::string to_string(const LatencyPath& path);

/// Which nodes work only for sinks that were promised later results than `latency:` says, so that
/// nothing else waits for them; in the order of the configuration. None without latency_budget.
std::vector<bool> unhurried_nodes(const Config& config);

/// Throws Error(kConfig) where `latency:` asks for less than the nodes add, with the path, or where
/// a node cannot tell. Does nothing without latency_budget.
void check_latency(const Config& config);

}  // namespace attune::pipeline
