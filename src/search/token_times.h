#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"

namespace attune::search {

/// When one token of a cue is said.
struct TokenTime {
  TimeSpan span{};
  /// Of its word, in [0, 1].
  double confidence = 0;
};

/// Token times as bytes, and back; times are relative to `start`. Throws Error(kInput) where the
/// bytes are damaged.
std::string pack(const std::vector<std::optional<TokenTime>>& times, Timestamp start);
std::vector<std::optional<TokenTime>> unpack(std::string_view bytes, Timestamp start);

}  // namespace attune::search
