#include "media/picture_overlay.h"

#include <algorithm>
#include <utility>

#include "media/libav.h"

namespace attune::media {
namespace {

struct Rectangle {
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;
};

/// Where a pixel of the upright picture is stored.
class Turned {
 public:
  Turned(PictureSize stored, Orientation orientation)
      : stored_(stored), orientation_(orientation) {}

  std::pair<int, int> stored(int x, int y) const {
    int sx = x;
    int sy = y;
    if (orientation_.rotation_degrees == 90) {
      sx = y, sy = stored_.height - 1 - x;
    } else if (orientation_.rotation_degrees == 180) {
      sx = stored_.width - 1 - x, sy = stored_.height - 1 - y;
    } else if (orientation_.rotation_degrees == 270) {
      sx = stored_.width - 1 - y, sy = x;
    }
    if (orientation_.is_mirrored) sx = stored_.width - 1 - sx;
    return {sx, sy};
  }

 private:
  PictureSize stored_;
  Orientation orientation_;
};

/// The part of the stored picture that holds all images, with even borders: whole chroma pixels.
Rectangle bounds(std::span<const TextImage> images, const Turned& turned, PictureSize stored) {
  Rectangle all{stored.width, stored.height, 0, 0};
  for (const TextImage& image : images) {
    for (const auto& [x, y] : {std::pair(image.x, image.y),
                               std::pair(image.x + image.width - 1, image.y + image.height - 1)}) {
      const auto [sx, sy] = turned.stored(x, y);
      all.left = std::min(all.left, sx);
      all.top = std::min(all.top, sy);
      all.right = std::max(all.right, sx + 1);
      all.bottom = std::max(all.bottom, sy + 1);
    }
  }
  all.left = std::max(0, all.left) / 2 * 2;
  all.top = std::max(0, all.top) / 2 * 2;
  all.right = (std::min(stored.width, all.right) + 1) / 2 * 2;
  all.bottom = (std::min(stored.height, all.bottom) + 1) / 2 * 2;
  return all;
}

struct Yuv {
  float y = 0;
  float u = 0;
  float v = 0;
};

Yuv to_yuv(const TextImage& image, const ColorCoding& coding) {
  const double r = image.red / 255.0 * coding.white;
  const double g = image.green / 255.0 * coding.white;
  const double b = image.blue / 255.0 * coding.white;
  const double kr = coding.red_weight;
  const double kb = coding.blue_weight;
  const double y = kr * r + (1 - kr - kb) * g + kb * b;
  const double u = (b - y) / (2 * (1 - kb));
  const double v = (r - y) / (2 * (1 - kr));
  const double y_scale = coding.is_full_range ? 255 : 219;
  const double c_scale = coding.is_full_range ? 255 : 224;
  const double y_origin = coding.is_full_range ? 0 : 16;
  return {static_cast<float>(y_origin + y_scale * y), static_cast<float>(128 + c_scale * u),
          static_cast<float>(128 + c_scale * v)};
}

/// A pixel of the text alone; colours are premultiplied.
struct Pixel {
  float y = 0;
  float u = 0;
  float v = 0;
  float opacity = 0;

  void lay_over(const Yuv& color, float over) {
    const float rest = 1 - over;
    y = color.y * over + y * rest;
    u = color.u * over + u * rest;
    v = color.v * over + v * rest;
    opacity = over + opacity * rest;
  }
};

/// The text on nothing, over a part of the stored picture.
class Canvas {
 public:
  explicit Canvas(const Rectangle& area)
      : area_(area),
        pixels_(static_cast<std::size_t>(width()) * static_cast<std::size_t>(height())) {}

  int width() const { return area_.right - area_.left; }
  int height() const { return area_.bottom - area_.top; }

  void draw(const TextImage& image, const Turned& turned, const ColorCoding& coding) {
    const Yuv color = to_yuv(image, coding);
    const float scale = static_cast<float>(image.opacity) / (255.0F * 255.0F);
    for (int y = 0; y < image.height; ++y) {
      for (int x = 0; x < image.width; ++x) {
        const auto covered = image.coverage[static_cast<std::ptrdiff_t>(y) * image.stride + x];
        if (covered == 0) continue;
        const auto [sx, sy] = turned.stored(image.x + x, image.y + y);
        if (sx < area_.left || sy < area_.top || sx >= area_.right || sy >= area_.bottom) continue;
        at(sx - area_.left, sy - area_.top).lay_over(color, scale * static_cast<float>(covered));
      }
    }
  }

  /// One value of each square of `side` pixels: their mean.
  std::vector<float> means(int side, float Pixel::*value) {
    std::vector<float> result;
    result.reserve(pixels_.size() / static_cast<std::size_t>(side * side));
    for (int y = 0; y < height(); y += side) {
      for (int x = 0; x < width(); x += side) {
        float sum = 0;
        for (int i = 0; i < side * side; ++i) sum += at(x + i % side, y + i / side).*value;
        result.push_back(sum / static_cast<float>(side * side));
      }
    }
    return result;
  }

 private:
  Pixel& at(int x, int y) {
    return pixels_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width()) +
                   static_cast<std::size_t>(x)];
  }

  Rectangle area_;
  std::vector<Pixel> pixels_;
};

}  // namespace

ColorCoding ColorCoding::of(const AVFrame& frame) {
  ColorCoding coding;
  const bool is_hd = frame.width >= 1280 || frame.height > 576;
  switch (frame.colorspace) {
    case AVCOL_SPC_BT709:
      break;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      coding.red_weight = 0.2627, coding.blue_weight = 0.0593;
      break;
    case AVCOL_SPC_SMPTE240M:
      coding.red_weight = 0.212, coding.blue_weight = 0.087;
      break;
    case AVCOL_SPC_FCC:
      coding.red_weight = 0.30, coding.blue_weight = 0.11;
      break;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
      coding.red_weight = 0.299, coding.blue_weight = 0.114;
      break;
    default:
      if (!is_hd) coding.red_weight = 0.299, coding.blue_weight = 0.114;
  }
  coding.is_full_range =
      frame.color_range == AVCOL_RANGE_JPEG || frame.format == AV_PIX_FMT_YUVJ420P;
  // Graphics white, ITU-R BT.2408.
  if (frame.color_trc == AVCOL_TRC_SMPTE2084) coding.white = 0.58;
  if (frame.color_trc == AVCOL_TRC_ARIB_STD_B67) coding.white = 0.75;
  return coding;
}

PictureOverlay::PictureOverlay(std::span<const TextImage> images, PictureSize stored,
                               Orientation orientation, const ColorCoding& coding) {
  if (images.empty()) return;
  const Turned turned(stored, orientation);
  const Rectangle area = bounds(images, turned, stored);
  if (area.right <= area.left || area.bottom <= area.top) return;
  Canvas canvas(area);
  for (const TextImage& image : images) canvas.draw(image, turned, coding);
  const auto plane = [&](int side, float Pixel::*value) {
    return Plane{area.left / side,          area.top / side,
                 canvas.width() / side,     canvas.height() / side,
                 canvas.means(side, value), canvas.means(side, &Pixel::opacity)};
  };
  luma_ = plane(1, &Pixel::y);
  blue_ = plane(2, &Pixel::u);
  red_ = plane(2, &Pixel::v);
}

void PictureOverlay::blend_plane(const Plane& plane, std::uint8_t* pixels, std::ptrdiff_t stride) {
  for (int y = 0; y < plane.height; ++y) {
    std::uint8_t* row = pixels + (plane.y + y) * stride + plane.x;
    const std::size_t start = static_cast<std::size_t>(y) * static_cast<std::size_t>(plane.width);
    for (int x = 0; x < plane.width; ++x) {
      const std::size_t at = start + static_cast<std::size_t>(x);
      if (plane.opacity[at] <= 0) continue;
      const float mixed = plane.values[at] + static_cast<float>(row[x]) * (1 - plane.opacity[at]);
      row[x] = static_cast<std::uint8_t>(std::clamp(mixed + 0.5F, 0.0F, 255.0F));
    }
  }
}

void PictureOverlay::blend(AVFrame& frame) const {
  if (is_empty()) return;
  blend_plane(luma_, frame.data[0], frame.linesize[0]);
  blend_plane(blue_, frame.data[1], frame.linesize[1]);
  blend_plane(red_, frame.data[2], frame.linesize[2]);
}

}  // namespace attune::media
