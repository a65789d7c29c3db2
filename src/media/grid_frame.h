#pragma once

#include <memory>

#include "core/time.h"
#include "media/image.h"

namespace attune::media {

/// The picture on display at one tick of the token grid. Ticks that show the same picture share its
/// images. Immutable; copying copies references.
struct GridFrame {
  TokenIndex tick = 0;
  /// When that picture appeared: at or before the tick's time.
  Timestamp picture_time{};
  /// Size of the source in square, upright pixels: the coordinates of faces.
  int width = 0;
  int height = 0;
  /// Luma, 0 to 255; never null.
  std::shared_ptr<const Image> gray;
  /// Pixels of `gray` per upright pixel, at most 1.
  float gray_scale = 1;
  /// For the face detector; null at the ticks in between.
  std::shared_ptr<const Image> bgr;
  /// Pixels of `bgr` per upright pixel, at most 1; 0 without `bgr`.
  float bgr_scale = 0;

  /// Memory of the images.
  std::size_t bytes() const {
    return sizeof(GridFrame) + (gray ? gray->pixels.size() : 0) + (bgr ? bgr->pixels.size() : 0);
  }
};

}  // namespace attune::media
