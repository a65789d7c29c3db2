#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "batch/batch_options.h"

namespace attune::cli {

/// How `attune batch` and `attune batch retry-failed` do their work, as written.
struct BatchWorkOptions {
  std::string jobs = "auto";
  std::string threads = "auto";
  std::string memory = "auto";
  std::string time_limit = "6h";
  std::string time_allowance = "2min";
  int open_files = 256;
  int retries = 2;
  std::string retry_delay = "5s";
  std::string split;
  bool no_sandbox = false;
  std::string metrics_file;
  std::string metrics_address;
};

/// `options` must live as long as the program is being parsed.
void add_batch_work_options(CLI::App& command, BatchWorkOptions& options);

/// What of `batch` these options say; "auto" is worked out from the machine and the cgroup.
/// Throws Error(kUsage) on values that cannot be read.
void apply(const BatchWorkOptions& options, batch::BatchOptions& batch);

}  // namespace attune::cli
