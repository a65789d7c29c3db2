#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "media/orientation.h"
#include "media/text_renderer.h"

struct AVFrame;

namespace attune::media {

/// How a picture writes its colours: the luma weights of red and blue, and the range of values.
struct ColorCoding {
  double red_weight = 0.2126;
  double blue_weight = 0.0722;
  bool is_full_range = false;
  /// Of the largest signal, what white text gets: less than all where that is a glare (HDR).
  double white = 1;

  /// As the frame states it; where it states none, as players assume.
  static ColorCoding of(const AVFrame& frame);
};

/// Text ready to be laid over stored pictures in 8-bit planar 4:2:0, however they are turned.
/// Blending touches the pixels under the text alone. Immutable once made.
class PictureOverlay {
 public:
  /// Nothing to see.
  PictureOverlay() = default;

  /// `images` as drawn for the upright picture; `stored` is the size before turning.
  PictureOverlay(std::span<const TextImage> images, PictureSize stored, Orientation orientation,
                 const ColorCoding& coding);

  bool is_empty() const { return luma_.values.empty(); }

  /// `frame` is a writable picture of the stored size.
  void blend(AVFrame& frame) const;

 private:
  /// Premultiplied values, and how much they hide, of a part of a plane.
  struct Plane {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
    std::vector<float> values;
    std::vector<float> opacity;
  };

  static void blend_plane(const Plane& plane, std::uint8_t* pixels, std::ptrdiff_t stride);

  Plane luma_;
  Plane blue_;
  Plane red_;
};

}  // namespace attune::media
