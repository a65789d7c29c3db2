#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <optional>

#include "core/time.h"
#include "media/media_info.h"

namespace attune::media {

/// When the moments of the last minute arrived. All times on the feed's clock. Memory: some hundred
/// kilobytes; of a source that sends faster than that, the latest moments. Not thread-safe.
class ArrivalLog {
 public:
  static constexpr Duration kKept = std::chrono::minutes(1);
  static constexpr std::size_t kMostEntries = 6'000;

  void note(StreamKind kind, TimeSpan span, Timestamp arrival);

  /// When all that lies at `t`, sound and picture, had arrived; of what is older than all that is
  /// kept, about when: at its own time, as all that is anchored to its arrival. Nothing when that
  /// is not known.
  std::optional<Timestamp> arrival(Timestamp t) const;

 private:
  struct Entry {
    TimeSpan span{};
    Timestamp arrival{};
  };
  /// Of sound and of pictures, with starts that rise.
  std::array<std::deque<Entry>, 2> entries_;
  bool has_forgotten_ = false;
};

}  // namespace attune::media
