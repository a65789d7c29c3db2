#include "media/picture_preparer.h"

#include <cstring>

#include "core/error.h"
#include "media/libav.h"

namespace attune::media {
namespace {

bool is_rgb(int format) {
  const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(format));
  return description != nullptr && (description->flags & AV_PIX_FMT_FLAG_RGB) != 0;
}

bool is_planar_420(int format) {
  return format == AV_PIX_FMT_YUV420P || format == AV_PIX_FMT_YUVJ420P;
}

void copy_planes(const AVFrame& from, AVFrame& to) {
  for (int plane = 0; plane < 3; ++plane) {
    const int width = plane == 0 ? from.width : (from.width + 1) / 2;
    const int height = plane == 0 ? from.height : (from.height + 1) / 2;
    av_image_copy_plane(to.data[plane], to.linesize[plane], from.data[plane], from.linesize[plane],
                        width, height);
  }
}

/// Chroma of an odd picture covers the even one already.
void repeat_edges(PictureSize size, AVFrame& frame) {
  std::uint8_t* luma = frame.data[0];
  const std::ptrdiff_t stride = frame.linesize[0];
  if (frame.width > size.width) {
    for (int y = 0; y < size.height; ++y) {
      std::uint8_t* row = luma + y * stride;
      row[size.width] = row[size.width - 1];
    }
  }
  if (frame.height > size.height) {
    std::memcpy(luma + size.height * stride, luma + (size.height - 1) * stride,
                static_cast<std::size_t>(frame.width));
  }
}

}  // namespace

PictureSize even_size(PictureSize size) {
  return {(size.width + 1) / 2 * 2, (size.height + 1) / 2 * 2};
}

void PicturePreparer::convert(const AVFrame& picture, AVFrame& target) {
  if (!scaler_ || source_format_ != picture.format || source_size_.width != picture.width ||
      source_size_.height != picture.height) {
    const auto format = static_cast<AVPixelFormat>(picture.format);
    scaler_.reset(sws_getContext(
        picture.width, picture.height, format, picture.width, picture.height, AV_PIX_FMT_YUV420P,
        SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT, nullptr, nullptr, nullptr));
    if (!scaler_) {
      const char* name = av_get_pix_fmt_name(format);
      throw Error(ErrorKind::kInput, std::string("pictures of pixel format ") +
                                         (name != nullptr ? name : "unknown") +
                                         " cannot be converted");
    }
    source_format_ = picture.format;
    source_size_ = {picture.width, picture.height};
  }
  // Only RGB changes its matrix here; the same range and matrix on both sides leave the rest alone.
  const bool is_hd = picture.width >= 1280 || picture.height > 576;
  const int* matrix = sws_getCoefficients(is_hd ? SWS_CS_ITU709 : SWS_CS_ITU601);
  const int from_full = is_rgb(picture.format) || picture.color_range == AVCOL_RANGE_JPEG ? 1 : 0;
  const int to_full = target.color_range == AVCOL_RANGE_JPEG ? 1 : 0;
  sws_setColorspaceDetails(scaler_.get(), matrix, from_full, matrix, to_full, 0, 1 << 16, 1 << 16);
  check(sws_scale(scaler_.get(), picture.data, picture.linesize, 0, picture.height, target.data,
                  target.linesize),
        "converting a picture");
}

FrameHandle PicturePreparer::prepare(const AVFrame& picture) {
  const PictureSize size{picture.width, picture.height};
  const PictureSize even = even_size(size);
  FrameHandle frame = make_frame();
  check(av_frame_copy_props(frame.get(), &picture), "a picture's properties");
  frame->format = AV_PIX_FMT_YUV420P;
  frame->width = even.width;
  frame->height = even.height;
  if (is_rgb(picture.format)) {
    const bool is_hd = size.width >= 1280 || size.height > 576;
    frame->colorspace = is_hd ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
    frame->color_range = AVCOL_RANGE_MPEG;
  } else if (picture.format == AV_PIX_FMT_YUVJ420P || picture.format == AV_PIX_FMT_YUVJ422P ||
             picture.format == AV_PIX_FMT_YUVJ444P) {
    frame->color_range = AVCOL_RANGE_JPEG;
  }
  check(av_frame_get_buffer(frame.get(), 0), "memory for a picture");
  if (is_planar_420(picture.format)) {
    copy_planes(picture, *frame);
  } else {
    convert(picture, *frame);
  }
  repeat_edges(size, *frame);
  return frame;
}

}  // namespace attune::media
