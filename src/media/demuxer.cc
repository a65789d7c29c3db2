#include "media/demuxer.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "core/error.h"
#include "core/log.h"
#include "media/av_dictionary.h"
#include "media/input_check.h"
#include "media/libav.h"
#include "media/stream_info.h"
#include "media/stream_selection.h"
#include "media/timestamp_continuity.h"

namespace attune::media {
namespace {

using Clock = std::chrono::steady_clock;

/// Read errors without a packet in between after which the rest of an input is given up.
constexpr int kMaxReadErrorsInARow = 64;

/// Headers round durations up, to packets and to each other's length.
constexpr Duration kEndTolerance = std::chrono::seconds(1);

}  // namespace

/// What FFmpeg's callback points to, at an address that outlives moves of the demuxer.
struct Demuxer::Connection {
  const std::atomic<bool>* stop = nullptr;
  bool is_network = false;
  Duration timeout{};
  Clock::time_point deadline{};
  TimestampContinuity continuity{false};
  // Last member: closing it may call back into the ones above.
  FormatContext format;

  bool stopped() const { return stop != nullptr && stop->load(std::memory_order_relaxed); }
  bool timed_out() const { return is_network && timeout.count() > 0 && Clock::now() > deadline; }
  void start_waiting() { deadline = Clock::now() + timeout; }

  static int should_interrupt(void* self) {
    const auto* connection = static_cast<const Connection*>(self);
    return connection->stopped() || connection->timed_out() ? 1 : 0;
  }

  [[noreturn]] void throw_open_error(const std::string& location, int code) const {
    if (stopped()) throw Error(ErrorKind::kStopped, location + ": stopped while opening");
    if (timed_out()) {
      throw Error(ErrorKind::kInput,
                  fmt::format("{} sent nothing for {:g} s", location, to_seconds(timeout)));
    }
    if (is_network) {
      throw Error(ErrorKind::kInput, location + " cannot be opened: " + av_error_text(code));
    }
    throw Error(ErrorKind::kInput,
                location + " " + explain_unreadable(location, av_error_text(code)));
  }
};

std::size_t MediaPacket::bytes() const {
  return sizeof(AVPacket) + (data ? static_cast<std::size_t>(data->size) : 0);
}

bool MediaPacket::is_key() const {
  return data && (data->flags & AV_PKT_FLAG_KEY) != 0;
}

Demuxer::Demuxer(const std::string& location, DemuxOptions options, const std::atomic<bool>* stop)
    : connection_(std::make_unique<Connection>()) {
  forward_av_log();
  info_.location = location;
  connection_->stop = stop;
  connection_->timeout = options.network_timeout;
  connection_->is_network = is_address(location);
  if (!connection_->is_network) check_local_file(location);
  open(options);
  fill_info();
  choose_streams(options);
}

Demuxer::~Demuxer() = default;
Demuxer::Demuxer(Demuxer&&) noexcept = default;
Demuxer& Demuxer::operator=(Demuxer&&) noexcept = default;

void Demuxer::open(const DemuxOptions& options) {
  const std::string& location = info_.location;
  AVFormatContext* context = avformat_alloc_context();
  if (context == nullptr) throw std::bad_alloc();
  context->interrupt_callback = {Connection::should_interrupt, connection_.get()};
  AvDictionary dictionary(options.format_options);

  std::string url = location;
  if (location == "-") {
    url = "pipe:0";
  } else if (!connection_->is_network) {
    // A file name may hold a colon, which would read as a protocol.
    url = "file:" + location;
  }
  connection_->start_waiting();
  // On failure FFmpeg frees the context by itself.
  const int opened = avformat_open_input(&context, url.c_str(), nullptr, dictionary.get());
  if (opened < 0) connection_->throw_open_error(location, opened);
  connection_->format.reset(context);
  if (const char* option = dictionary.left_over()) {
    log()->warn("{}: FFmpeg knows no input option \"{}\"", location, option);
  }
  // FFmpeg takes plain text for a video of a text terminal.
  if (std::string_view(context->iformat->name) == "tty") {
    throw Error(ErrorKind::kInput, location + " is not a media file that FFmpeg can read (text)");
  }
  const int probed = avformat_find_stream_info(context, nullptr);
  if (probed < 0 || connection_->stopped()) connection_->throw_open_error(location, probed);
  if (context->nb_streams == 0 && !connection_->is_network) {
    throw Error(ErrorKind::kInput, location + " " + explain_unreadable(location, "no streams"));
  }
  const bool is_broadcast = (context->iformat->flags & AVFMT_TS_DISCONT) != 0;
  connection_->continuity = TimestampContinuity(is_broadcast);
}

void Demuxer::fill_info() {
  AVFormatContext& format = *connection_->format;
  info_.container = format.iformat->name;
  constexpr Ratio kAvTimeBase{1, AV_TIME_BASE};
  if (format.duration != AV_NOPTS_VALUE && format.duration > 0) {
    info_.duration = to_timestamp(format.duration, kAvTimeBase);
  }
  if (format.start_time != AV_NOPTS_VALUE) {
    info_.start_time = to_timestamp(format.start_time, kAvTimeBase);
  }
  last_time_ = info_.start_time;
  for (unsigned i = 0; i < format.nb_streams; ++i) {
    info_.streams.push_back(read_stream_info(format, *format.streams[i], info_.location));
  }
}

void Demuxer::choose_streams(const DemuxOptions& options) {
  AVFormatContext& format = *connection_->format;
  const StreamChoice video = choose_video(info_.streams, options.video);
  // FFmpeg prefers the sound of the programme that the picture belongs to.
  const int related = video.stream ? static_cast<int>(*video.stream) : -1;
  const int best = av_find_best_stream(&format, AVMEDIA_TYPE_AUDIO, -1, related, nullptr, 0);
  const StreamChoice audio =
      choose_audio(info_.streams, options.audio_track,
                   best >= 0 ? std::optional<std::size_t>(best) : std::nullopt);
  info_.video_stream = video.stream;
  info_.audio_stream = audio.stream;
  info_.video_choice = video.reason;
  info_.audio_choice = audio.reason;
  if (!audio.stream && !video.stream) {
    throw Error(ErrorKind::kInput, fmt::format("{} has nothing to work on: {}; {}", info_.location,
                                               audio.reason, video.reason));
  }
  for (unsigned i = 0; i < format.nb_streams; ++i) {
    const bool is_taken = video.stream == i || audio.stream == i;
    format.streams[i]->discard = is_taken ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  }
}

/// Logs where a file ends well before its own header says, as a copy that broke off does.
void Demuxer::check_end() {
  if (connection_->is_network || has_ended_) return;
  has_ended_ = true;
  std::optional<Timestamp> promised;
  for (const StreamInfo* stream : {info_.audio(), info_.video()}) {
    if (stream == nullptr || !stream->duration) continue;
    const Timestamp end = stream->start_time.value_or(info_.start_time) + *stream->duration;
    promised = std::max(promised.value_or(end), end);
  }
  if (!promised || last_time_ + kEndTolerance >= *promised) return;
  ended_early_ = true;
  log()->warn("{} is truncated: it ends at {}, its header promises {}", info_.location,
              format_timestamp(last_time_), format_timestamp(*promised));
}

void Demuxer::note_read_error(int code) {
  ++read_errors_in_a_row_;
  if (++read_errors_ > 1) return;
  log()->warn("{}: cannot be read in places, first after {} ({})", info_.location,
              format_timestamp(last_time_), av_error_text(code));
}

MediaPacket Demuxer::make_media_packet(PacketHandle packet) {
  const bool is_video = info_.video_stream == static_cast<std::size_t>(packet->stream_index);
  const StreamInfo& stream = is_video ? *info_.video() : *info_.audio();
  MediaPacket result;
  result.kind = stream.kind;
  const Duration duration =
      to_timestamp(std::max<std::int64_t>(packet->duration, 0), stream.time_base);
  const std::int64_t order = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
  if (order != AV_NOPTS_VALUE) {
    const Duration shift = connection_->continuity.shift(
        packet->stream_index, to_timestamp(order, stream.time_base), duration);
    const std::int64_t ticks = av_rescale_q(shift.count(), AVRational{1, 1'000'000'000},
                                            AVRational{stream.time_base.num, stream.time_base.den});
    if (packet->pts != AV_NOPTS_VALUE) packet->pts += ticks;
    if (packet->dts != AV_NOPTS_VALUE) packet->dts += ticks;
    last_time_ =
        to_timestamp(packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts, stream.time_base);
  }
  result.span = {last_time_, last_time_ + duration};
  result.data = std::shared_ptr<const AVPacket>(packet.release(), AvDelete());
  return result;
}

bool Demuxer::can_seek() const {
  const AVFormatContext& format = *connection_->format;
  const bool is_broadcast = (format.iformat->flags & AVFMT_TS_DISCONT) != 0;
  return !connection_->is_network && !is_broadcast && format.pb != nullptr &&
         (format.pb->seekable & AVIO_SEEKABLE_NORMAL) != 0;
}

void Demuxer::seek(Timestamp time) {
  AVFormatContext& format = *connection_->format;
  // The streams of a file lie side by side: where the picture's is found the sound's is near.
  const std::size_t stream = info_.video_stream ? *info_.video_stream : *info_.audio_stream;
  const Ratio base = info_.streams[stream].time_base;
  const std::int64_t at = av_rescale_q_rnd(time.count(), AVRational{1, 1'000'000'000},
                                           AVRational{base.num, base.den}, AV_ROUND_DOWN);
  const int code = avformat_seek_file(&format, static_cast<int>(stream), INT64_MIN, at, at, 0);
  if (code < 0)
    throw Error(ErrorKind::kInput, fmt::format("{}: FFmpeg finds no way to {} ({})", info_.location,
                                               format_timestamp(time), av_error_text(code)));
  connection_->continuity = TimestampContinuity(false);
}

std::optional<MediaPacket> Demuxer::read() {
  AVFormatContext& format = *connection_->format;
  PacketHandle packet = make_packet();
  while (!connection_->stopped()) {
    connection_->start_waiting();
    const int code = av_read_frame(&format, packet.get());
    if (code >= 0) {
      read_errors_in_a_row_ = 0;
      const auto index = static_cast<std::size_t>(packet->stream_index);
      if (index == info_.video_stream || index == info_.audio_stream) {
        return make_media_packet(std::move(packet));
      }
      av_packet_unref(packet.get());
      continue;
    }
    if (connection_->stopped()) break;
    if (connection_->timed_out()) connection_->throw_open_error(info_.location, code);
    if (code == AVERROR(EAGAIN)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      continue;
    }
    const int io_error = format.pb != nullptr ? format.pb->error : 0;
    if (code == AVERROR_EOF) {
      if (io_error < 0 && io_error != AVERROR_EOF) note_read_error(io_error);
      check_end();
      break;
    }
    note_read_error(code);
    if (read_errors_in_a_row_ >= kMaxReadErrorsInARow) break;
  }
  return std::nullopt;
}

MediaInfo probe(const std::string& location, DemuxOptions options) {
  return Demuxer(location, std::move(options)).info();
}

}  // namespace attune::media
