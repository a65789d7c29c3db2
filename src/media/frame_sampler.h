#pragma once

#include <functional>
#include <optional>

#include "media/grid_frame.h"
#include "media/scaler.h"
#include "media/video_frame.h"

namespace attune::media {

struct FrameSamplerOptions {
  /// Longest side of the gray images, in pixels; larger sources are scaled down to it.
  int max_side = 1280;
  /// Longest side of the images for the detector; 0 makes none.
  int detector_side = 640;
  /// An image for the detector at every so many ticks, and after each gap in the picture.
  int detector_every = 1;
  /// How long a picture that no other replaces is taken as still showing.
  Duration max_hold = std::chrono::milliseconds(500);
};

/// Places pictures on the token grid by presentation time: at each tick the one on display then, so
/// that any constant or variable frame rate comes out at 25 per second. Pictures between two ticks
/// are left out before they are scaled. Ticks without a picture (before the first one, in gaps)
/// have no grid frame. Not thread-safe.
class FrameSampler {
 public:
  using Sink = std::function<void(GridFrame)>;

  /// Throws Error(kUsage) for a side or step out of range.
  explicit FrameSampler(FrameSamplerOptions options = {});

  /// Takes pictures in order of time and delivers their ticks, in order. Nothing is held back, so
  /// that there is nothing to flush.
  void push(const VideoFrame& frame, const Sink& sink);

  /// FrameSamplerOptions::detector_every from the next picture on.
  void set_detector_every(int ticks) { options_.detector_every = ticks; }

 private:
  bool wants_detector_image(TokenIndex tick) const;

  FrameSamplerOptions options_;
  Scaler scaler_;
  std::optional<TokenIndex> last_tick_;
};

}  // namespace attune::media
