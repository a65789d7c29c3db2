#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/inputs.h"

namespace attune::cli {

/// The options that `run` and `caption` share, as written.
struct RunCommandOptions {
  std::string config;
  std::vector<std::string> inputs;
  std::string output_folder = "attune-out";
  std::vector<std::string> settings;
  int threads = 0;
};

/// INPUT..., -o, --set, --threads. `options` must live as long as the program is being parsed.
void add_run_options(CLI::App& command, RunCommandOptions& options);

/// Throws Error(kUsage) on a --set without '='.
RunRequest to_request(const RunCommandOptions& options);

}  // namespace attune::cli
