#include "media/scaler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/error.h"
#include "media/libav.h"
#include "media/orientation.h"

namespace attune::media {
namespace {

using ByteTable = std::array<std::uint8_t, 256>;

/// Luma of limited range (16 to 235, ITU-R BT.601) spread to 0 to 255.
ByteTable limited_to_full() {
  ByteTable table{};
  for (int v = 0; v < 256; ++v) {
    table[static_cast<std::size_t>(v)] =
        static_cast<std::uint8_t>(std::clamp(std::lround((v - 16) * 255.0 / 219.0), 0L, 255L));
  }
  return table;
}

bool is_full_range(const AVFrame& picture) {
  switch (picture.format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ411P:
      return true;
    default:
      break;
  }
  if (picture.color_range != AVCOL_RANGE_UNSPECIFIED)
    return picture.color_range == AVCOL_RANGE_JPEG;
  const AVPixFmtDescriptor* format =
      av_pix_fmt_desc_get(static_cast<AVPixelFormat>(picture.format));
  return format != nullptr && (format->nb_components <= 2 || (format->flags & AV_PIX_FMT_FLAG_RGB));
}

int color_space(const AVFrame& picture) {
  switch (picture.colorspace) {
    case AVCOL_SPC_BT709:
      return SWS_CS_ITU709;
    case AVCOL_SPC_FCC:
      return SWS_CS_FCC;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
      return SWS_CS_ITU601;
    case AVCOL_SPC_SMPTE240M:
      return SWS_CS_SMPTE240M;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return SWS_CS_BT2020;
    default:
      return picture.width >= 1280 || picture.height > 576 ? SWS_CS_ITU709 : SWS_CS_ITU601;
  }
}

/// The gray format that reads plane 0 of `format` as a picture of its luma, if there is one.
AVPixelFormat luma_plane_format(AVPixelFormat format) {
  const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
  constexpr std::uint64_t kUnsuitable =
      AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM |
      AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BE | AV_PIX_FMT_FLAG_BAYER;
  if (description == nullptr || (description->flags & kUnsuitable) != 0) return AV_PIX_FMT_NONE;
  const AVComponentDescriptor& luma = description->comp[0];
  if (luma.plane != 0 || luma.offset != 0) return AV_PIX_FMT_NONE;
  if (luma.depth == 8 && luma.step == 1 && luma.shift == 0) return AV_PIX_FMT_GRAY8;
  if (luma.step != 2 || luma.depth <= 8) return AV_PIX_FMT_NONE;
  // Samples kept in the upper bits of a 16-bit word read as 16 bits.
  if (luma.depth + luma.shift == 16) return AV_PIX_FMT_GRAY16LE;
  if (luma.shift != 0) return AV_PIX_FMT_NONE;
  switch (luma.depth) {
    case 9:
      return AV_PIX_FMT_GRAY9LE;
    case 10:
      return AV_PIX_FMT_GRAY10LE;
    case 12:
      return AV_PIX_FMT_GRAY12LE;
    case 14:
      return AV_PIX_FMT_GRAY14LE;
    default:
      return AV_PIX_FMT_NONE;
  }
}

/// Where the pixel of an upright picture lies in the stored one, in bytes: at
/// origin + x * step_x + y * step_y.
struct Walk {
  std::ptrdiff_t origin;
  std::ptrdiff_t step_x;
  std::ptrdiff_t step_y;
};

Walk walk_of(Orientation orientation, PictureSize stored, std::ptrdiff_t stride, int channels) {
  struct Vector {
    std::ptrdiff_t x;
    std::ptrdiff_t y;
  };
  Vector origin{0, 0};
  Vector dx{1, 0};
  Vector dy{0, 1};
  const std::ptrdiff_t right = stored.width - 1;
  const std::ptrdiff_t bottom = stored.height - 1;
  if (orientation.rotation_degrees == 90) {
    origin = {0, bottom}, dx = {0, -1}, dy = {1, 0};
  } else if (orientation.rotation_degrees == 180) {
    origin = {right, bottom}, dx = {-1, 0}, dy = {0, -1};
  } else if (orientation.rotation_degrees == 270) {
    origin = {right, 0}, dx = {0, 1}, dy = {-1, 0};
  }
  if (orientation.is_mirrored) {
    origin.x = right - origin.x, dx.x = -dx.x, dy.x = -dy.x;
  }
  const auto bytes = [&](Vector v) { return v.y * stride + v.x * channels; };
  return {bytes(origin), bytes(dx), bytes(dy)};
}

void copy_row(const std::uint8_t* source, std::ptrdiff_t step, std::uint8_t* target, int width,
              int channels, const ByteTable* table) {
  if (step == channels && table == nullptr) {
    std::memcpy(target, source, static_cast<std::size_t>(width) * channels);
    return;
  }
  if (channels == 1 && table != nullptr) {
    for (int x = 0; x < width; ++x) target[x] = (*table)[source[x * step]];
    return;
  }
  for (int x = 0; x < width; ++x) {
    for (int c = 0; c < channels; ++c) target[x * channels + c] = source[x * step + c];
  }
}

/// Copies a stored picture of 8 bits a channel into an upright image, each byte through `table`
/// when one is given (one channel only).
Image make_upright(const std::uint8_t* pixels, std::ptrdiff_t stride, PictureSize stored,
                   int channels, Orientation orientation, const ByteTable* table) {
  Image image;
  image.width = orientation.swaps_sides() ? stored.height : stored.width;
  image.height = orientation.swaps_sides() ? stored.width : stored.height;
  image.channels = channels;
  image.pixels.resize(static_cast<std::size_t>(image.width) * image.height * channels);
  const Walk walk = walk_of(orientation, stored, stride, channels);
  for (int y = 0; y < image.height; ++y) {
    copy_row(pixels + walk.origin + y * walk.step_y, walk.step_x, image.row(y), image.width,
             channels, table);
  }
  return image;
}

PictureSize stored_size(int width, int height, Orientation orientation) {
  return orientation.swaps_sides() ? PictureSize{height, width} : PictureSize{width, height};
}

}  // namespace

const AVFrame& Scaler::scale(Stage& stage, const Conversion& wanted,
                             const std::uint8_t* const* planes, const int* strides) {
  if (!stage.context || !(stage.made_for == wanted)) {
    const bool shrinks =
        wanted.width <= wanted.source_width && wanted.height <= wanted.source_height;
    const int flags = (shrinks ? SWS_AREA : SWS_BILINEAR) | SWS_ACCURATE_RND | SWS_BITEXACT;
    stage.context.reset(sws_getContext(
        wanted.source_width, wanted.source_height, static_cast<AVPixelFormat>(wanted.source_format),
        wanted.width, wanted.height, static_cast<AVPixelFormat>(wanted.format), flags, nullptr,
        nullptr, nullptr));
    if (!stage.context) {
      const char* name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(wanted.source_format));
      throw Error(ErrorKind::kInput, std::string("pictures of pixel format ") +
                                         (name != nullptr ? name : "unknown") +
                                         " cannot be converted");
    }
    const int* coefficients = sws_getCoefficients(wanted.color_space);
    // Fails, without harm, where neither side has a colour matrix.
    sws_setColorspaceDetails(stage.context.get(), coefficients, wanted.is_full_range ? 1 : 0,
                             coefficients, 1, 0, 1 << 16, 1 << 16);
    // A picture of FFmpeg's own, since its kernels may write past the end of unaligned rows.
    stage.scaled = make_frame();
    stage.scaled->format = wanted.format;
    stage.scaled->width = wanted.width;
    stage.scaled->height = wanted.height;
    check(av_frame_get_buffer(stage.scaled.get(), 64), "memory for a scaled picture");
    stage.made_for = wanted;
  }
  check(sws_scale(stage.context.get(), planes, strides, 0, wanted.source_height, stage.scaled->data,
                  stage.scaled->linesize),
        "scaling a picture");
  return *stage.scaled;
}

Image Scaler::gray(const VideoFrame& frame, int width, int height) {
  static const ByteTable kLimitedToFull = limited_to_full();
  const AVFrame& picture = *frame.picture;
  const Orientation orientation{frame.rotation_degrees, frame.is_mirrored};
  const PictureSize target = stored_size(width, height, orientation);
  const auto format = static_cast<AVPixelFormat>(picture.format);
  const AVPixelFormat luma = luma_plane_format(format);
  const bool is_full = is_full_range(picture);
  const ByteTable* table = luma != AV_PIX_FMT_NONE && !is_full ? &kLimitedToFull : nullptr;
  if (luma == AV_PIX_FMT_GRAY8 && picture.width == target.width &&
      picture.height == target.height) {
    return make_upright(picture.data[0], picture.linesize[0], target, 1, orientation, table);
  }
  const AVPixelFormat source = luma != AV_PIX_FMT_NONE ? luma : format;
  const bool reads_as_full = luma != AV_PIX_FMT_NONE || is_full;
  const Conversion wanted{picture.width, picture.height, source,        color_space(picture),
                          reads_as_full, target.width,   target.height, AV_PIX_FMT_GRAY8};
  const AVFrame& scaled = scale(gray_, wanted, picture.data, picture.linesize);
  return make_upright(scaled.data[0], scaled.linesize[0], target, 1, orientation, table);
}

Image Scaler::bgr(const VideoFrame& frame, int width, int height) {
  const AVFrame& picture = *frame.picture;
  const Orientation orientation{frame.rotation_degrees, frame.is_mirrored};
  const PictureSize target = stored_size(width, height, orientation);
  const Conversion wanted{picture.width,        picture.height,         picture.format,
                          color_space(picture), is_full_range(picture), target.width,
                          target.height,        AV_PIX_FMT_BGR24};
  const AVFrame& scaled = scale(bgr_, wanted, picture.data, picture.linesize);
  return make_upright(scaled.data[0], scaled.linesize[0], target, 3, orientation, nullptr);
}

}  // namespace attune::media
