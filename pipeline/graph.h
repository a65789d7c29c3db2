#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/output_files.h"
#include "core/time.h"
#include "pipeline/config.h"
#include "pipeline/node.h"

namespace attune::pipeline {

/// How far a run has come; given to the observer about five times a second, by a thread of its own.
/// Media times count from the start of the recording, or of the part that is worked on.
struct Progress {
  /// Media time that every sink has finished.
  Duration done{};
  /// Media time read by the source.
  Duration read{};
  /// Length of the recording when the source knows it, else zero.
  Duration total{};
  Duration wall{};
};

/// What one node did in a run.
struct NodeStatistics {
  std::string name;
  std::size_t packets = 0;
  /// Time spent inside the node's calls, summed over threads.
  Duration busy{};
};

struct RunOptions {
  /// TBB worker threads; 0: as many as there are processors that the process may use.
  int threads = 0;
  const std::atomic<bool>* stop = nullptr;
  /// RunContext::part.
  std::optional<TimeSpan> part = std::nullopt;
  /// Must not throw.
  std::function<void(const Progress&)> observer;
  /// RunContext::facts before the first node is opened.
  Facts facts{};
};

struct RunResult {
  /// False when stopped by the user before the end of the input.
  bool complete = true;
  std::vector<NodeStatistics> nodes;
  /// Every model that took part, by role.
  std::map<std::string, ModelUsed> models;
  std::size_t peak_bytes_in_flight = 0;
  /// Media time that was read, from the start of the recording or of the part.
  Duration end{};
  Duration wall{};
  std::vector<std::filesystem::path> files;
};

/// Builds the oneTBB flow graph of a checked configuration, runs it over one input and commits the
/// result files. Throws the first node's Error with node, media time and input in its message;
/// nothing is committed then. Blocks until the graph is drained.
RunResult run(const Config& config, const std::string& input, OutputFiles* outputs,
              const RunOptions& options = {});

}  // namespace attune::pipeline
