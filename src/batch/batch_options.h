#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/time.h"
#include "pipeline/config.h"

namespace attune::batch {

/// What holds for all items of a batch.
struct BatchOptions {
  std::filesystem::path output_folder;
  /// File or name, as for `attune run`, and the parameters set for it.
  std::string pipeline;
  pipeline::Overrides settings;
  /// pipeline::Config::hash of these.
  std::string pipeline_hash;
  std::vector<std::string> plugins;
  /// "3/40"; empty without shards.
  std::string shard;

  /// Workers at a time, and threads of each.
  int jobs = 1;
  int threads = 1;
  /// Bytes that a worker may hold; 0: no limit.
  std::uint64_t memory_limit_bytes = 0;
  /// Wall time that a worker may take for an hour of media, and besides: start of the process,
  /// probing, short recordings.
  Duration time_limit_per_media_hour = std::chrono::hours(6);
  Duration time_allowance = std::chrono::minutes(2);
  int open_files = 256;
  /// Longer recordings are worked on in parts of about this length, several at a time; zero: whole.
  Duration split_length{};
  /// Whether workers confine themselves (sandbox.h).
  bool confine = true;

  /// How often an item is tried again after a failure that may pass, and how long after the first;
  /// twice as long after each further one.
  int retries = 2;
  Duration retry_delay = std::chrono::seconds(5);

  /// Do anew what is done and unchanged.
  bool force = false;
  /// Try anew what failed in an earlier run and is unchanged.
  bool retry_failed = false;
};

/// Keeps pipeline, settings and plugins for retry-failed. Throws Error(kOutput).
void save_pipeline(const BatchOptions& options, const std::filesystem::path& file);

/// Fills them in from such a file. Throws Error(kInput) when it is missing or damaged.
void load_pipeline(const std::filesystem::path& file, BatchOptions& options);

}  // namespace attune::batch
