#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/time.h"
#include "pipeline/config.h"

namespace attune::batch {

/// One recording of a batch.
struct Item {
  /// What the pipeline opens: a path or an address.
  std::string input;
  /// Folder of the results, relative to the batch's output folder: no "..", not absolute, no other
  /// item of the batch has it or a folder above or below it. "show/ep1.mp4".
  std::filesystem::path output;
  /// Parameters of the pipeline for this item alone; they win over those of the batch.
  pipeline::Overrides settings;
  /// What the manifest says of the recording beyond that: an object, copied into the record of what
  /// was done; null for nothing.
  nlohmann::json metadata;
  /// Media time, where the manifest or a look at the file said it.
  std::optional<Duration> duration;
  /// Which part of a plan it belongs to (from 0), where a plan says so.
  std::optional<int> chunk;
  /// Where it was named, for messages: "list.jsonl:12", or the argument itself.
  std::string origin;
};

/// Something among the inputs that is not an item, and why; the rest goes on without it.
struct RejectedInput {
  /// As in Item::origin.
  std::string origin;
  /// A full sentence that says what to do.
  std::string message;
};

}  // namespace attune::batch
