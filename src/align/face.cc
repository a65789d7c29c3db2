#include "align/face.h"

#include <algorithm>

namespace attune::align {

float iou(const Box& a, const Box& b) {
  const float width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const float height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const float common = width * height;
  return common / (a.area() + b.area() - common);
}

}  // namespace attune::align
