#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cli/session.h"
#include "core/output_files.h"
#include "pipeline/config.h"
#include "pipeline/graph.h"

namespace attune::cli {

/// What `attune run` and `attune caption` do.
struct RunRequest {
  std::string config;
  std::vector<std::string> inputs;
  std::filesystem::path output_folder;
  pipeline::Overrides overrides;
  int threads = 0;
  /// Runs the pipeline over one input.
  std::function<pipeline::RunResult(const pipeline::Config& config, const std::string& input,
                                    OutputFiles* outputs, const pipeline::RunOptions& options)>
      run = pipeline::run;
  /// Called for an input whose results are complete and written, with their files; returns one more
  /// file that it made. Empty: nothing more is done.
  std::function<std::filesystem::path(const std::string& input,
                                      std::span<const std::filesystem::path> results,
                                      const std::atomic<bool>& stop)>
      afterwards;
};

/// "name=value" texts to overrides. Throws Error(kUsage) when there is no '='.
pipeline::Overrides parse_overrides(const std::vector<std::string>& texts);

/// The file name without extension under which the results of an input are written; of a URL its
/// last part, without query.
std::string output_stem(const std::string& input);

/// Throws Error(kUsage) when two inputs would write the same files.
void require_distinct_stems(const std::vector<std::string>& inputs);

/// Runs the pipeline over the inputs, one after another; a failed one does not stop the rest.
/// Prints the result files on standard output. Returns the exit code: 0, that of the error with a
/// single input, 1 when some of several failed, 130 or 143 after a signal. Throws Error on what
/// concerns all.
int run_inputs(const RunRequest& request, Session& session);

}  // namespace attune::cli
