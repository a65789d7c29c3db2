#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "align/face.h"
#include "core/time.h"

namespace attune::align {

/// A stretch of one camera view, from one cut to the next.
struct Shot {
  TimeSpan span{};
  int index = 0;
};

/// One face at successive ticks of the token grid, smoothed and cut out for the face encoder.
struct TrackSlice {
  TrackId track = 0;
  /// Joined across cuts where the appearance allows; equal to a new number otherwise.
  SpeakerId speaker = 0;
  TokenIndex first = 0;
  /// The track begins or ends with this slice (no earlier or later tick exists).
  bool begins = false;
  bool ends = false;
  /// One per tick, in pixels of the upright picture.
  std::vector<Box> boxes;
  std::vector<float> scores;
  /// Gray crops, [ticks, crop_side, crop_side], row-major, shared with nobody.
  int crop_side = 0;
  std::vector<std::uint8_t> crops;

  int length() const { return static_cast<int>(boxes.size()); }
};

/// All tracks over the ticks [first, first + length). Windows follow each other without a gap, also
/// where no face is visible.
struct FaceTrackChunk {
  TokenIndex first = 0;
  int length = 0;
  std::vector<TrackSlice> tracks;

  TimeSpan span() const { return {token_time(first), token_time(first + length)}; }
};

}  // namespace attune::align
