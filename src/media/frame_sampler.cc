#include "media/frame_sampler.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace attune::media {
namespace {

struct Fit {
  int width;
  int height;
  float scale;
};

/// The largest size of the same shape whose long side is at most `max_side`, never enlarged.
Fit fit(int width, int height, int max_side) {
  const double scale = std::min(1.0, static_cast<double>(max_side) / std::max(width, height));
  const auto scaled = [&](int side) {
    return std::max(1, static_cast<int>(std::lround(side * scale)));
  };
  return {scaled(width), scaled(height), static_cast<float>(scale)};
}

}  // namespace

FrameSampler::FrameSampler(FrameSamplerOptions options) : options_(options) {
  if (options_.max_side < 1 || options_.detector_side < 0 || options_.detector_every < 1) {
    throw Error(ErrorKind::kUsage, "frame sampler: sides and steps must be positive");
  }
}

bool FrameSampler::wants_detector_image(TokenIndex tick) const {
  if (options_.detector_side == 0) return false;
  return tick % options_.detector_every == 0 || !last_tick_ || tick != *last_tick_ + 1;
}

void FrameSampler::push(const VideoFrame& frame, const Sink& sink) {
  const Timestamp end = std::min(frame.span.end, frame.span.start + options_.max_hold);
  GridFrame grid;
  grid.picture_time = frame.span.start;
  grid.width = frame.width;
  grid.height = frame.height;
  std::shared_ptr<const Image> detector_image;
  for (TokenIndex tick = token_ceil(frame.span.start); token_time(tick) < end; ++tick) {
    grid.tick = tick;
    if (!grid.gray) {
      const Fit size = fit(frame.width, frame.height, options_.max_side);
      grid.gray = std::make_shared<const Image>(scaler_.gray(frame, size.width, size.height));
      grid.gray_scale = size.scale;
    }
    grid.bgr.reset();
    grid.bgr_scale = 0;
    if (wants_detector_image(tick)) {
      const Fit size = fit(frame.width, frame.height, options_.detector_side);
      if (!detector_image) {
        detector_image = std::make_shared<const Image>(scaler_.bgr(frame, size.width, size.height));
      }
      grid.bgr = detector_image;
      grid.bgr_scale = size.scale;
    }
    last_tick_ = tick;
    sink(grid);
  }
}

}  // namespace attune::media
