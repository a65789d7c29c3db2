#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "batch/failure.h"
#include "batch/input_state.h"
#include "batch/item.h"
#include "pipeline/node.h"

namespace attune::batch {

/// What became of one item: written as `.done.json` beside its results, or as a failure record, and
/// the truth from which the ledger can be made again.
struct Record {
  Item item;
  /// Of the input when the work began; nothing for an address.
  std::optional<InputState> input_state;
  /// Of the input's content; empty for an address, and where it could not be read to its end.
  std::string input_sha256;
  /// settings_hash() of the item.
  std::string settings_hash;
  std::map<std::string, pipeline::ModelUsed> models;
  std::string attune_version;
  /// Names of the result files in the item's folder, in order.
  std::vector<std::string> files;
  std::chrono::system_clock::time_point started;
  /// Of the last attempt.
  Duration wall{};
  /// Media time that was read.
  Duration media{};
  std::uint64_t peak_memory_bytes = 0;
  int attempts = 1;
  int exit_code = 0;
  std::string host;
  /// "3/40"; empty without shards.
  std::string shard;
  std::optional<Failure> failure;
  /// Last lines that the worker of a failed item said.
  std::vector<std::string> log;
};

/// JSON text, documented in docs/batch.md.
std::string to_text(const Record& record);

/// Throws Error(kInput), naming the file, when it is missing or not a record.
Record read_record(const std::filesystem::path& file);

/// "2026-11-28T02:04:05Z".
std::string format_utc(std::chrono::system_clock::time_point time);

}  // namespace attune::batch
