#include "media/orientation.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace attune::media {

Orientation orientation_of(const std::int32_t* m) {
  // A point (x, y) of the stored picture is shown at (a x + c y, b x + d y), with y downwards.
  double a = m[0];
  double b = m[1];
  const double c = m[3];
  const double d = m[4];
  Orientation result;
  result.is_mirrored = a * d - b * c < 0;
  if (result.is_mirrored) {
    a = -a;
    b = -b;
  }
  if (a == 0 && b == 0) return {};
  const double degrees = std::atan2(b, a) * 180 / std::numbers::pi;
  const int quarters = static_cast<int>(std::lround(degrees / 90));
  result.rotation_degrees = (quarters % 4 + 4) % 4 * 90;
  return result;
}

PictureSize upright_size(PictureSize stored, Ratio pixel_aspect, Orientation orientation) {
  PictureSize size = stored;
  if (pixel_aspect.known()) {
    size.width = std::max(1, static_cast<int>(std::lround(stored.width * pixel_aspect.value())));
  }
  if (orientation.swaps_sides()) std::swap(size.width, size.height);
  return size;
}

}  // namespace attune::media
