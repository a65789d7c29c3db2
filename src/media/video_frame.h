#pragma once

#include <cstdint>
#include <memory>

#include "core/time.h"

struct AVFrame;

namespace attune::media {

/// A decoded picture, upright (rotation applied in width, height and pixel access by the scaler)
/// and with square pixels. Immutable and shared; copying copies a reference.
struct VideoFrame {
  /// When the picture appears, and when the next one replaces it.
  TimeSpan span{};
  /// Size in square, upright pixels: what a player would show.
  int width = 0;
  int height = 0;
  /// Clockwise rotation, in degrees (0, 90, 180 or 270), that the stored picture needs.
  int rotation_degrees = 0;
  /// Whether the stored picture is also to be mirrored left-right, before it is rotated.
  bool is_mirrored = false;
  /// The decoder's own picture in its own pixel format, before rotation.
  std::shared_ptr<const AVFrame> picture;

  /// Memory that the picture keeps alive.
  std::size_t bytes() const;
};

}  // namespace attune::media
