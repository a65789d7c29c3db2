#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "batch/input_list.h"
#include "batch/shard.h"

namespace attune::cli {

/// What `attune batch` and `attune batch plan` are told about their recordings, as written.
struct BatchInputOptions {
  std::vector<std::string> inputs;
  std::string manifest;
  bool from_null_separated = false;
  std::vector<std::string> extensions;
  bool probe = false;
};

/// INPUT..., --manifest, --from0, --extensions, --probe. `options` must live as long as the program
/// is being parsed.
void add_batch_input_options(CLI::App& command, BatchInputOptions& options);

/// Finds the recordings and tells about every one that is rejected (an error) or left out (a
/// warning). Throws Error(kUsage) when nothing is named or inputs lie in the output folder,
/// Error(kInput) when the manifest cannot be read. `threads` as in InputSources.
batch::InputList find_batch_inputs(const BatchInputOptions& options,
                                   const std::filesystem::path& output_folder, int threads);

/// --shard I/N|auto|none.
void add_shard_option(CLI::App& command, std::string& shard);

/// The part of the batch that --shard names, by default what the engine says; nothing for all of
/// it. Logs which engine said so. Throws Error(kUsage).
std::optional<batch::Shard> chosen_shard(const std::string& shard);

}  // namespace attune::cli
