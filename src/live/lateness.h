#pragma once

#include <optional>
#include <utility>

#include "core/time.h"

namespace attune::live {

/// Tells once that results have begun to be late, and once that they have been in time again for so
/// long that it is worth saying. Time comes with each result. Not thread-safe.
class Lateness {
 public:
  explicit Lateness(Duration in_time_after = std::chrono::seconds(10))
      : in_time_after_(in_time_after) {}

  /// A result at `now`, on a clock that does not go back.
  void add(Timestamp now, bool is_late) {
    if (is_late) {
      last_late_ = now;
      if (!is_late_) news_ = is_late_ = true;
    } else if (is_late_ && now - last_late_ >= in_time_after_) {
      news_ = is_late_ = false;
    }
  }

  /// News since the last call: true when results have begun to be late, false when they no longer
  /// are.
  std::optional<bool> news() { return std::exchange(news_, std::nullopt); }

 private:
  const Duration in_time_after_;
  bool is_late_ = false;
  Timestamp last_late_{};
  std::optional<bool> news_;
};

}  // namespace attune::live
