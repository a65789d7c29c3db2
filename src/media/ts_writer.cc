#include "media/ts_writer.h"

#include <algorithm>
#include <new>
#include <utility>

#include "core/error.h"
#include "media/libav.h"

namespace attune::media {

namespace {

constexpr AVRational kTsClock{1, 90'000};
constexpr AVRational kNanoseconds{1, 1'000'000'000};

/// How long before its decoding time a packet may be on the way: decoders buffer as much.
constexpr int kMuxDelayUs = 350'000;

}  // namespace

std::int64_t ts_ticks(Timestamp t) {
  return kTsOrigin + av_rescale_q(t.count(), kNanoseconds, kTsClock);
}

bool has_place_in_ts(const StreamInfo& stream) {
  switch (stream.parameters->codec_id) {
    case AV_CODEC_ID_H264:
    case AV_CODEC_ID_HEVC:
    case AV_CODEC_ID_MPEG1VIDEO:
    case AV_CODEC_ID_MPEG2VIDEO:
    case AV_CODEC_ID_AAC:
    case AV_CODEC_ID_MP3:
    case AV_CODEC_ID_MP2:
    case AV_CODEC_ID_AC3:
    case AV_CODEC_ID_EAC3:
      return true;
    default:
      return false;
  }
}

bool plays_in_browsers(const StreamInfo& stream) {
  const AVCodecID codec = stream.parameters->codec_id;
  return codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_AAC || codec == AV_CODEC_ID_MP3;
}

void TsWriter::Close::operator()(AVFormatContext* format) const {
  avio_closep(&format->pb);
  avformat_free_context(format);
}

TsWriter::TsWriter(std::vector<std::shared_ptr<const StreamInfo>> streams)
    : streams_(std::move(streams)), last_dts_(streams_.size()) {
  forward_av_log();
  open_muxer();
}

TsWriter::~TsWriter() = default;

void TsWriter::open_muxer() {
  AVFormatContext* format = nullptr;
  if (avformat_alloc_output_context2(&format, nullptr, "mpegts", nullptr) < 0 || format == nullptr)
    throw Error(ErrorKind::kUsage, "the installed FFmpeg cannot write MPEG transport streams");
  format_.reset(format);
  // The times are made here; the muxer leaves them alone.
  format->avoid_negative_ts = 0;
  format->max_delay = kMuxDelayUs;
  av_opt_set(format->priv_data, "mpegts_copyts", "1", 0);
  for (const auto& info : streams_) {
    AVStream* stream = avformat_new_stream(format, nullptr);
    if (stream == nullptr) throw std::bad_alloc();
    check(avcodec_parameters_copy(stream->codecpar, info->parameters.get()), "codec parameters");
    stream->codecpar->codec_tag = 0;
    stream->time_base = kTsClock;
    if (!info->language.empty())
      av_dict_set(&stream->metadata, "language", info->language.c_str(), 0);
  }
}

void TsWriter::fail(int code) const {
  throw Error(ErrorKind::kOutput, file_.string() + " cannot be written: " + av_error_text(code));
}

void TsWriter::begin_file(const std::filesystem::path& file) {
  file_ = file;
  const int opened = avio_open(&format_->pb, ("file:" + file.string()).c_str(), AVIO_FLAG_WRITE);
  if (opened < 0) fail(opened);
  if (!has_header_) {
    const int code = avformat_write_header(format_.get(), nullptr);
    if (code < 0) fail(code);
    has_header_ = true;
  } else {
    av_opt_set(format_->priv_data, "mpegts_flags", "+resend_headers", 0);
  }
}

PacketHandle TsWriter::timed(const MediaPacket& packet, std::size_t stream) {
  PacketHandle copy = make_packet();
  if (av_packet_ref(copy.get(), packet.data.get()) < 0) throw std::bad_alloc();
  const Ratio base = streams_[stream]->time_base;
  const AVRational from{base.num, base.den};
  copy->stream_index = static_cast<int>(stream);
  copy->pos = -1;
  // Decoding times as far before the presentation times as the source has them.
  const bool has_both = packet.data->pts != AV_NOPTS_VALUE && packet.data->dts != AV_NOPTS_VALUE;
  const std::int64_t ahead =
      has_both ? av_rescale_q(packet.data->pts - packet.data->dts, from, kTsClock) : 0;
  copy->pts = ts_ticks(packet.span.start);
  copy->dts = copy->pts - std::max<std::int64_t>(ahead, 0);
  copy->duration = av_rescale_q(packet.span.duration().count(), kNanoseconds, kTsClock);
  // They must rise.
  std::optional<std::int64_t>& last = last_dts_[stream];
  if (last) copy->dts = std::max(copy->dts, *last + 1);
  copy->pts = std::max(copy->pts, copy->dts);
  last = copy->dts;
  return copy;
}

bool TsWriter::write(const MediaPacket& packet) {
  const auto found =
      std::ranges::find(streams_, packet.kind,
                        [](const std::shared_ptr<const StreamInfo>& info) { return info->kind; });
  if (found == streams_.end() || packet.data->size <= 0) return false;
  const PacketHandle copy = timed(packet, static_cast<std::size_t>(found - streams_.begin()));
  const int code = av_write_frame(format_.get(), copy.get());
  if (code == AVERROR_INVALIDDATA || code == AVERROR(EINVAL)) return false;
  if (code < 0) fail(code);
  return true;
}

std::int64_t TsWriter::finish_file() {
  // What the muxer gathers of the sound.
  const int code = av_write_frame(format_.get(), nullptr);
  if (code < 0) fail(code);
  avio_flush(format_->pb);
  if (format_->pb->error < 0) fail(format_->pb->error);
  const std::int64_t bytes = avio_tell(format_->pb);
  const int closed = avio_closep(&format_->pb);
  if (closed < 0) fail(closed);
  return bytes;
}

}  // namespace attune::media
