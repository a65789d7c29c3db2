#include "media/packet_decoder.h"

#include <new>

#include "core/error.h"
#include "core/log.h"
#include "media/libav.h"

namespace attune::media {
namespace {

/// Errors while flushing after which the frames that may be left are given up.
constexpr int kMaxFlushErrors = 64;

CodecContext open_codec(const StreamInfo& stream, const CodecOptions& options) {
  const std::string what =
      stream.location + ": stream " + std::to_string(stream.index) + " (" + stream.codec + ")";
  const AVCodec* codec = avcodec_find_decoder(stream.parameters->codec_id);
  if (codec == nullptr) {
    throw Error(ErrorKind::kInput, what + " cannot be decoded by the installed FFmpeg");
  }
  CodecContext context(avcodec_alloc_context3(codec));
  if (!context) throw std::bad_alloc();
  check(avcodec_parameters_to_context(context.get(), stream.parameters.get()), what);
  context->pkt_timebase = {stream.time_base.num, stream.time_base.den};
  context->thread_count = options.threads;
  if (options.skip_loop_filter) context->skip_loop_filter = AVDISCARD_ALL;
  check(avcodec_open2(context.get(), codec, nullptr), what + " cannot be decoded");
  return context;
}

}  // namespace

PacketDecoder::PacketDecoder(const StreamInfo& stream, const CodecOptions& options)
    : stream_(stream), codec_(open_codec(stream, options)), frame_(make_frame()) {}

void PacketDecoder::set_reference_only(bool only) {
  codec_->skip_frame = only ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
}

void PacketDecoder::note_damage(int code) {
  if (code == AVERROR(ENOMEM)) throw std::bad_alloc();
  if (++damaged_packets_ > 1) return;
  log()->warn("{}: {} is damaged at {} ({}); what cannot be decoded is left out", stream_.location,
              stream_.kind == StreamKind::kAudio ? "the sound" : "the picture",
              format_timestamp(packet_time_), av_error_text(code));
}

int PacketDecoder::receive_all(const Sink& sink) {
  for (;;) {
    const int code = avcodec_receive_frame(codec_.get(), frame_.get());
    if (code < 0) return code;
    if ((frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame_->decode_error_flags != 0) {
      ++damaged_frames_;
    }
    sink(*frame_);
    av_frame_unref(frame_.get());
  }
}

bool PacketDecoder::send(const AVPacket* packet, const Sink& sink) {
  int code = avcodec_send_packet(codec_.get(), packet);
  if (code == AVERROR(EAGAIN)) {
    const int received = receive_all(sink);
    if (received != AVERROR(EAGAIN) && received != AVERROR_EOF) note_damage(received);
    code = avcodec_send_packet(codec_.get(), packet);
  }
  if (code < 0 && code != AVERROR_EOF) note_damage(code);
  return code >= 0;
}

void PacketDecoder::decode(const AVPacket& packet, const Sink& sink) {
  const std::int64_t ticks = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;
  if (ticks != AV_NOPTS_VALUE) packet_time_ = to_timestamp(ticks, stream_.time_base);
  send(&packet, sink);
  const int code = receive_all(sink);
  if (code != AVERROR(EAGAIN) && code != AVERROR_EOF) note_damage(code);
}

void PacketDecoder::flush(const Sink& sink) {
  send(nullptr, sink);
  for (int errors = 0; errors < kMaxFlushErrors; ++errors) {
    const int code = receive_all(sink);
    if (code == AVERROR_EOF || code == AVERROR(EAGAIN)) break;
    note_damage(code);
  }
  avcodec_flush_buffers(codec_.get());
}

}  // namespace attune::media
