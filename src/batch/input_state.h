#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "batch/item.h"

namespace attune::batch {

/// What tells cheaply whether a file is still the one that was worked on.
struct InputState {
  std::uint64_t size = 0;
  /// Of the last change, in nanoseconds since 1970.
  std::int64_t mtime_ns = 0;

  bool operator==(const InputState&) const = default;
};

/// Nothing for what cannot be looked at (gone, no permission) and for addresses.
std::optional<InputState> input_state(const std::string& input);

/// Hash of everything but the input that the results depend on: the batch's pipeline after
/// substitution (pipeline::Config::hash) and the item's own settings.
std::string settings_hash(const std::string& pipeline_hash, const pipeline::Overrides& own);

}  // namespace attune::batch
