#include "media/png.h"

#include <fmt/format.h>

#include <cstring>

#include "core/error.h"
#include "media/av.h"

extern "C" {
#include <libavcodec/avcodec.h>
}

namespace attune::media {

std::string encode_png(std::span<const std::uint8_t> rgb, int width, int height) {
  if (width < 1 || height < 1 || rgb.size() != std::size_t{3} * width * height)
    throw Error(ErrorKind::kInternal,
                fmt::format("{} bytes for a picture of {} x {}", rgb.size(), width, height));
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
  if (codec == nullptr) throw Error(ErrorKind::kOutput, "this FFmpeg has no PNG encoder");
  const CodecContext encoder(avcodec_alloc_context3(codec));
  encoder->width = width;
  encoder->height = height;
  encoder->pix_fmt = AV_PIX_FMT_RGB24;
  encoder->time_base = {1, 1};
  check(avcodec_open2(encoder.get(), codec, nullptr), "PNG encoder");
  const FrameHandle frame = make_frame();
  frame->width = width;
  frame->height = height;
  frame->format = AV_PIX_FMT_RGB24;
  check(av_frame_get_buffer(frame.get(), 0), "PNG encoder");
  for (int y = 0; y < height; ++y)
    std::memcpy(frame->data[0] + static_cast<std::ptrdiff_t>(y) * frame->linesize[0],
                rgb.data() + std::size_t{3} * y * width, std::size_t{3} * width);
  check(avcodec_send_frame(encoder.get(), frame.get()), "PNG encoder");
  check(avcodec_send_frame(encoder.get(), nullptr), "PNG encoder");
  const PacketHandle packet = make_packet();
  check(avcodec_receive_packet(encoder.get(), packet.get()), "PNG encoder");
  return {reinterpret_cast<const char*>(packet->data), static_cast<std::size_t>(packet->size)};
}

}  // namespace attune::media
