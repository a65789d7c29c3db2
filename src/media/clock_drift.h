#pragma once

#include <deque>
#include <optional>

#include "core/time.h"

namespace attune::media {

/// How much faster a source's clock runs than this machine's. A network delays packets, never
/// hurries them: of each window the packet that came with the least delay counts, and the drift is
/// the median slope between those (Theil 1950, Sen 1968). Memory: some hundred numbers. Not
/// thread-safe.
class ClockDrift {
 public:
  static constexpr Duration kWindow = std::chrono::seconds(5);
  /// Nothing is said before.
  static constexpr Duration kShortest = std::chrono::minutes(1);
  static constexpr std::size_t kMostWindows = 180;

  /// A packet of `media` time came at `arrival`, which never goes back.
  void note(Timestamp media, Timestamp arrival);
  /// Another clock from here on.
  void reset();

  /// In parts per million.
  std::optional<double> ppm() const;

 private:
  struct Least {
    Timestamp arrival{};
    /// Arrival without the media's time.
    Duration delay{};
  };

  std::deque<Least> windows_;
  /// Of the window that is still open: its beginning and its least.
  std::optional<Timestamp> opened_;
  Least least_;
};

}  // namespace attune::media
