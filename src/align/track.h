#pragma once

#include <cstdint>
#include <vector>

#include "align/appearance.h"
#include "align/face.h"
#include "core/time.h"

namespace attune::align {

/// The first tick of a new camera view.
struct ShotCut {
  TokenIndex tick = 0;
  /// How many times larger the change is than what is usual nearby; at least 1.
  float strength = 0;
};

/// A stretch of one camera view, from one cut to the next.
struct Shot {
  TimeSpan span{};
  int index = 0;
};

/// How the person of a track looks at one tick.
struct TrackLook {
  TokenIndex tick = 0;
  Appearance appearance;
};

/// One face at successive ticks of the token grid, without a gap, within one shot.
struct TrackSlice {
  TrackId track = 0;
  /// The person; the same number for tracks that were joined, never 0.
  SpeakerId speaker = 0;
  TokenIndex first = 0;
  /// No earlier (later) tick of this track exists.
  bool begins = false;
  bool ends = false;
  /// One of each per tick, in pixels of the upright picture, smoothed over time.
  std::vector<Box> boxes;
  std::vector<Landmarks> landmarks;
  /// Detector confidence in [0, 1], interpolated between detections.
  std::vector<float> scores;
  /// Gray crops for the face encoder, [ticks, crop_side, crop_side], row-major; empty until they
  /// are cut out.
  int crop_side = 0;
  std::vector<std::uint8_t> crops;
  /// In order of time, at some of the ticks; empty until they are gathered.
  std::vector<TrackLook> looks;

  int length() const { return static_cast<int>(boxes.size()); }
};

/// All tracks over the ticks [first, first + length). Windows follow each other without a gap, also
/// where no face is visible.
struct FaceTrackChunk {
  TokenIndex first = 0;
  int length = 0;
  /// In order of track id; a track appears at most once.
  std::vector<TrackSlice> tracks;

  TimeSpan span() const { return {token_time(first), token_time(first + length)}; }
};

}  // namespace attune::align
