#include "media/jpeg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "media/libav.h"

namespace attune::media {
namespace {

/// 4:2:0 has no odd sides.
int even(double side) {
  return std::max(2, 2 * static_cast<int>(std::lround(side / 2)));
}

}  // namespace

void JpegEncoder::open(int width, int height, int source_width, int source_height) {
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
  if (codec == nullptr) throw Error(ErrorKind::kOutput, "this FFmpeg has no JPEG encoder");
  encoder_.reset(avcodec_alloc_context3(codec));
  if (!encoder_) throw std::bad_alloc();
  encoder_->width = width;
  encoder_->height = height;
  encoder_->pix_fmt = AV_PIX_FMT_YUV420P;
  encoder_->color_range = AVCOL_RANGE_JPEG;
  encoder_->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
  encoder_->time_base = {1, kTokensPerSecond};
  encoder_->flags |= AV_CODEC_FLAG_QSCALE;
  encoder_->global_quality = quality_ * FF_QP2LAMBDA;
  check(avcodec_open2(encoder_.get(), codec, nullptr), "JPEG encoder");
  scaler_.reset(sws_getContext(source_width, source_height, AV_PIX_FMT_BGR24, width, height,
                               AV_PIX_FMT_YUV420P, SWS_AREA, nullptr, nullptr, nullptr));
  if (!scaler_) throw Error(ErrorKind::kOutput, "JPEG encoder: FFmpeg cannot scale the picture");
  const int* matrix = sws_getCoefficients(SWS_CS_ITU601);
  sws_setColorspaceDetails(scaler_.get(), matrix, 1, matrix, 1, 0, 1 << 16, 1 << 16);
  frame_ = make_frame();
  frame_->width = width;
  frame_->height = height;
  frame_->format = AV_PIX_FMT_YUV420P;
  frame_->color_range = AVCOL_RANGE_JPEG;
  check(av_frame_get_buffer(frame_.get(), 0), "JPEG encoder");
  source_width_ = source_width;
  source_height_ = source_height;
}

std::string JpegEncoder::encode(const Image& bgr, int longest_side) {
  if (bgr.channels != 3 || bgr.width < 1 || bgr.height < 1)
    throw Error(ErrorKind::kInternal,
                fmt::format("a picture of {} x {} with {} channels is none for JPEG", bgr.width,
                            bgr.height, bgr.channels));
  const double scale =
      std::min(1.0, static_cast<double>(longest_side) / std::max(bgr.width, bgr.height));
  const int width = even(bgr.width * scale);
  const int height = even(bgr.height * scale);
  if (!encoder_ || bgr.width != source_width_ || bgr.height != source_height_ ||
      encoder_->width != width || encoder_->height != height)
    open(width, height, bgr.width, bgr.height);
  check(av_frame_make_writable(frame_.get()), "JPEG encoder");
  const std::uint8_t* planes[] = {bgr.pixels.data()};
  const int strides[] = {3 * bgr.width};
  check(sws_scale(scaler_.get(), planes, strides, 0, bgr.height, frame_->data, frame_->linesize),
        "JPEG encoder");
  frame_->quality = encoder_->global_quality;
  check(avcodec_send_frame(encoder_.get(), frame_.get()), "JPEG encoder");
  const PacketHandle packet = make_packet();
  check(avcodec_receive_packet(encoder_.get(), packet.get()), "JPEG encoder");
  return {reinterpret_cast<const char*>(packet->data), static_cast<std::size_t>(packet->size)};
}

}  // namespace attune::media
