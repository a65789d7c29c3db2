#include "media/av.h"

#include <mutex>
#include <new>

#include "core/error.h"
#include "core/log.h"
#include "core/redact.h"
#include "media/libav.h"

namespace attune::media {
namespace {

void forward_line(void* object, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_WARNING) return;
  const auto logger = log();
  if (!logger->should_log(spdlog::level::debug)) return;
  char line[1024];
  int with_prefix = 1;
  av_log_format_line2(object, level, format, arguments, line, sizeof line, &with_prefix);
  std::string_view text(line);
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (!text.empty()) logger->debug("ffmpeg: {}", redacted_addresses(std::string(text)));
}

}  // namespace

void AvDelete::operator()(AVCodecContext* p) const {
  avcodec_free_context(&p);
}
void AvDelete::operator()(AVFormatContext* p) const {
  avformat_close_input(&p);
}
void AvDelete::operator()(AVFrame* p) const {
  av_frame_free(&p);
}
void AvDelete::operator()(AVPacket* p) const {
  av_packet_free(&p);
}
void AvDelete::operator()(SwrContext* p) const {
  swr_free(&p);
}
void AvDelete::operator()(SwsContext* p) const {
  sws_freeContext(p);
}

FrameHandle make_frame() {
  FrameHandle frame(av_frame_alloc());
  if (!frame) throw std::bad_alloc();
  return frame;
}

PacketHandle make_packet() {
  PacketHandle packet(av_packet_alloc());
  if (!packet) throw std::bad_alloc();
  return packet;
}

std::string av_error_text(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

int check(int code, std::string_view context) {
  if (code >= 0) return code;
  throw Error(ErrorKind::kInput, std::string(context) + ": " + av_error_text(code));
}

Timestamp to_timestamp(std::int64_t ticks, Ratio time_base) {
  return Timestamp(
      av_rescale_q(ticks, AVRational{time_base.num, time_base.den}, AVRational{1, 1'000'000'000}));
}

void forward_av_log() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_callback(forward_line); });
}

}  // namespace attune::media
