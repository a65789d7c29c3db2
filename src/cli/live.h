#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/session.h"
#include "pipeline/config.h"

namespace attune::cli {

/// The options of `live`, as written.
struct LiveCommandOptions {
  std::vector<std::string> sources;
  std::string output_folder = "attune-live";
  std::string config = "live";
  std::vector<std::string> settings;
  std::string http_address;
  std::string token_file;
  int threads = 0;
};

/// What `attune live`, and `attune run` with a live pipeline, do.
struct LiveRequest {
  std::string config;
  /// SOURCE or NAME=SOURCE.
  std::vector<std::string> sources;
  std::filesystem::path output_folder;
  pipeline::Overrides overrides;
  /// Empty: no HTTP interface.
  std::string http_address;
  std::string token_file;
  int threads = 0;
};

/// Keeps the feeds running until all have ended by themselves, or until a signal; with an HTTP
/// interface until a signal. Returns the exit code: 0, that of the first feed that failed for good,
/// 130 or 143 after a signal. Throws Error for what is wrong at the start.
int run_live(const LiveRequest& request, Session& session);

}  // namespace attune::cli
