#include "align/face.h"

#include <algorithm>

namespace attune::align {

namespace {

float common_area(const Box& a, const Box& b) {
  const float width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const float height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  return width <= 0 || height <= 0 ? 0 : width * height;
}

}  // namespace

float iou(const Box& a, const Box& b) {
  const float common = common_area(a, b);
  return common == 0 ? 0 : common / (a.area() + b.area() - common);
}

float containment(const Box& a, const Box& b) {
  const float common = common_area(a, b);
  return common == 0 ? 0 : common / std::min(a.area(), b.area());
}

}  // namespace attune::align
