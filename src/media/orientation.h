#pragma once

#include <cstdint>

#include "media/av.h"

namespace attune::media {

/// How a stored picture becomes upright: first mirrored left-right if asked, then rotated
/// clockwise.
struct Orientation {
  int rotation_degrees = 0;
  bool is_mirrored = false;

  bool swaps_sides() const { return rotation_degrees == 90 || rotation_degrees == 270; }
};

/// Reads a 3x3 display matrix as ISO/IEC 14496-12 (tkhd) defines it, in FFmpeg's layout of nine
/// 16.16 fixed-point numbers. Angles are rounded to the nearest quarter turn.
Orientation orientation_of(const std::int32_t* display_matrix);

struct PictureSize {
  int width = 0;
  int height = 0;
};

/// Size in square, upright pixels of a stored picture. As players do, the stored height is kept and
/// the width is stretched by the pixel aspect, before rotation.
PictureSize upright_size(PictureSize stored, Ratio pixel_aspect, Orientation orientation);

}  // namespace attune::media
