#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "align/track.h"
#include "core/time.h"

namespace attune::align {

struct ShotDetectorOptions {
  /// Smallest mean change of the thumbnail, in gray levels of 0..255, that can be a cut.
  float minimum_change = 14;
  /// How many times larger than the usual change of the last second a cut must be.
  float minimum_ratio = 3.5;
};

/// Finds cuts between camera views in gray pictures on the token grid. Each picture is reduced to a
/// 32 x 18 thumbnail; a cut is a change that is large, much larger than the changes of the second
/// before, and lasting (a flash returns to the earlier picture and is no cut). A change that takes
/// several pictures (a fast wipe, a jump through a blend) is one cut, at its first.
/// Holds seven thumbnails and one second of change values; adds two ticks of latency.
class ShotDetector {
 public:
  static constexpr int kThumbnailWidth = 32;
  static constexpr int kThumbnailHeight = 18;
  using Thumbnail = std::array<float, kThumbnailWidth * kThumbnailHeight>;

  explicit ShotDetector(ShotDetectorOptions options = {}) : options_(options) {}

  /// Ticks must increase. Returns a cut at an earlier tick when this picture decides it.
  std::optional<ShotCut> push(TokenIndex tick, const Thumbnail& thumbnail);
  /// Decides the last two ticks.
  std::vector<ShotCut> flush();

 private:
  struct Entry {
    TokenIndex tick;
    Thumbnail thumbnail;
  };
  std::optional<ShotCut> decide(bool at_end);

  ShotDetectorOptions options_;
  /// The picture before the candidate, the candidate, and what follows it.
  std::deque<Entry> recent_;
  /// Pictures before recent_: a candidate that resembles one of them is the end of a flash.
  std::deque<Thumbnail> earlier_;
  std::deque<float> changes_;
  /// The last picture unlike the one before it, whether it was the first of its change or not.
  std::optional<TokenIndex> last_change_;
};

/// Block means of a gray picture; rows are `stride` bytes apart.
ShotDetector::Thumbnail make_thumbnail(const std::uint8_t* pixels, int width, int height,
                                       int stride);

}  // namespace attune::align
