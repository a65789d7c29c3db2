#include "media/feed_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <thread>

#include "core/error.h"
#include "core/log.h"
#include "core/redact.h"
#include "media/av_dictionary.h"
#include "media/descriptor_stream.h"
#include "media/feed_errors.h"
#include "media/feed_link.h"
#include "media/host_lookup.h"
#include "media/input_check.h"
#include "media/libav.h"
#include "media/playlist_check.h"
#include "media/stream_info.h"
#include "media/stream_selection.h"
#include "media/track_watch.h"

namespace attune::media {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = LiveSource::Kind;

/// Read errors without a packet in between after which a connection is given up.
constexpr int kMaxReadErrorsInARow = 64;
/// Beyond the patience with a silent source: FFmpeg looks that long at what comes when it opens.
constexpr Duration kProbing = std::chrono::seconds(2);
/// Segments that a playlist may be behind.
constexpr int kPatientSegments = 3;

Timestamp now() {
  return Clock::now().time_since_epoch();
}

bool same_parameters(const AVCodecParameters& a, const AVCodecParameters& b) {
  return a.codec_id == b.codec_id && a.width == b.width && a.height == b.height &&
         a.sample_rate == b.sample_rate && a.ch_layout.nb_channels == b.ch_layout.nb_channels &&
         a.extradata_size == b.extradata_size &&
         (a.extradata_size == 0 ||
          std::memcmp(a.extradata, b.extradata, static_cast<std::size_t>(a.extradata_size)) == 0);
}

bool is_complete(const AVCodecParameters& parameters) {
  return parameters.codec_type == AVMEDIA_TYPE_VIDEO
             ? parameters.width > 0 && parameters.height > 0
             : parameters.sample_rate > 0 && parameters.ch_layout.nb_channels > 0;
}

StreamKind kind_of(const AVStream& stream) {
  if ((stream.disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS)) != 0)
    return StreamKind::kOther;
  if (stream.codecpar->codec_type == AVMEDIA_TYPE_AUDIO) return StreamKind::kAudio;
  if (stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO) return StreamKind::kVideo;
  return StreamKind::kOther;
}

/// Gives FFmpeg the parameters that a packet brings along; it keeps the old ones itself.
void take_new_parameters(const AVPacket& packet, AVStream& stream) {
  std::size_t size = 0;
  const std::uint8_t* data = av_packet_get_side_data(&packet, AV_PKT_DATA_NEW_EXTRADATA, &size);
  AVCodecParameters& parameters = *stream.codecpar;
  if (data == nullptr || size == 0 ||
      (static_cast<std::size_t>(parameters.extradata_size) == size &&
       std::memcmp(parameters.extradata, data, size) == 0))
    return;
  auto* copy = static_cast<std::uint8_t*>(av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE));
  if (copy == nullptr) throw std::bad_alloc();
  std::memcpy(copy, data, size);
  av_freep(&parameters.extradata);
  parameters.extradata = copy;
  parameters.extradata_size = static_cast<int>(size);
}

}  // namespace

struct FeedConnection::Link : FeedLink {
  Link(const LiveSource& source, const LiveInputOptions& options, const std::atomic<bool>& stop)
      : FeedLink(source, options, stop), watch(options.stall_timeout) {}

  TrackWatch watch;
  /// Of the streams by their packet identifiers, as the transport stream said in the beginning.
  std::map<int, int> types;
  Timestamp opened{};
};

FeedConnection::FeedConnection(const LiveSource& source, const LiveInputOptions& options,
                               const std::atomic<bool>& stop, SourceMemory& memory)
    : source_(source),
      options_(options),
      memory_(memory),
      link_(std::make_unique<Link>(source, options, stop)) {
  forward_av_log();
  open();
  memory_.was_connected = true;
  memory_.was_stalled = false;
}

FeedConnection::~FeedConnection() = default;

bool FeedConnection::is_recording() const {
  return source_.is_unpaced() || (source_.is_http() && info_->duration.has_value());
}

bool FeedConnection::may_reopen() const {
  return source_.kind == Kind::kAddress && now() - link_->opened > options_.stall_timeout;
}

void FeedConnection::throw_lost(int code) {
  const std::string& name = source_.shown;
  if (link_->stopped()) throw Error(ErrorKind::kStopped, name + ": stopped");
  if (!link_->refused().empty()) throw Refusal(name + " " + link_->refused());
  if (link_->timed_out()) {
    // Its playlist is to be looked at first: what it has now may have been read already.
    if (info_) memory_.last_segment.clear();
    memory_.was_stalled = true;
    throw Error(ErrorKind::kInput, fmt::format("{} has sent nothing for {:.3g} s", name,
                                               to_seconds(link_->patience())));
  }
  if (!info_) {
    std::string why = explain_feed_error(source_, code);
    if (source_.kind == Kind::kFile)
      why = explain_unreadable(source_.location, av_error_text(code));
    throw Error(
        ErrorKind::kInput,
        fmt::format("{} {}{}", name, source_.kind == Kind::kFile ? "" : "cannot be opened: ", why));
  }
  if (code == AVERROR_EOF) throw Error(ErrorKind::kInput, name + " has closed the connection");
  throw Error(ErrorKind::kInput, fmt::format("{} is lost: {}", name, av_error_text(code)));
}

/// Looks through the playlist of an HLS feed first, also for whether it has anything new.
void FeedConnection::look_at_playlist() {
  const PlaylistFinding found = check_playlists(*link_, source_.url);
  if (found.code < 0 || !link_->refused().empty()) throw_lost(found.code);
  burst_ = found.target_duration;
  const bool stands_still = memory_.was_stalled && (memory_.last_segment.empty() ||
                                                    found.last_segment == memory_.last_segment);
  memory_.last_segment = found.last_segment;
  if (memory_.was_connected && found.is_ended)
    throw Error(ErrorKind::kInput, source_.shown + " has ended; waiting for it to begin anew");
  // Else the last segment would come again and again.
  if (stands_still && !found.last_segment.empty())
    throw Error(ErrorKind::kInput, source_.shown + " has no new segments; is it published?");
}

void FeedConnection::open() {
  link_->set_patience(options_.stall_timeout);
  if (source_.is_passive && source_.scheme != "udp" && source_.scheme != "rtp" &&
      source_.scheme != "srtp")
    link_->wait_for_caller();
  if (!source_.is_passive && !link_->goes_by_proxy()) {
    const std::string unknown =
        look_up(source_.host, [&] { return FeedLink::should_interrupt(link_.get()) != 0; });
    if (link_->timed_out() || link_->stopped()) throw_lost(AVERROR_EXIT);
    if (!unknown.empty()) {
      throw Error(ErrorKind::kInput,
                  fmt::format("{}: the host {} is not known ({}); check its name", source_.shown,
                              source_.host, unknown));
    }
  }
  const std::string path = source_.url.substr(0, source_.url.find_first_of("?#"));
  if (source_.is_http() && (path.ends_with(".m3u8") || path.ends_with(".m3u"))) look_at_playlist();
  open_format();
  const Timestamp begun = now();
  find_streams();
  held_for_ = now() - begun;
  choose_streams();
  keep_streams();
  link_->opened = now();
  link_->set_patience(
      std::max(source_.kind == Kind::kFile ? options_.growing_timeout : options_.stall_timeout,
               kPatientSegments * burst_));
}

void FeedConnection::open_format() {
  const int code = link_->open();
  if (code < 0) throw_lost(code);
  AVFormatContext& format = *link_->format;
  // FFmpeg takes plain text for a video of a text terminal.
  if (std::string_view(format.iformat->name) == "tty")
    throw Error(ErrorKind::kInput,
                source_.shown + " is not a media file that FFmpeg can read (text)");
}

void FeedConnection::find_streams() {
  link_->set_patience(options_.stall_timeout + kProbing);
  AVFormatContext& format = *link_->format;
  link_->watch_bytes(true);
  const int code = avformat_find_stream_info(&format, nullptr);
  link_->watch_bytes(false);
  const bool is_short_file = source_.kind == Kind::kFile && link_->timed_out();
  if (link_->stopped() || !link_->refused().empty() ||
      (!is_short_file && (code < 0 || link_->timed_out())))
    throw_lost(code);
  if (format.nb_streams == 0)
    throw Error(ErrorKind::kInput, source_.shown + " sends neither sound nor picture");
}

void FeedConnection::fill_streams() {
  AVFormatContext& format = *link_->format;
  auto info = std::make_shared<MediaInfo>();
  info->location = source_.shown;
  info->container = format.iformat->name;
  constexpr Ratio kAvTimeBase{1, AV_TIME_BASE};
  if (format.duration != AV_NOPTS_VALUE && format.duration > 0)
    info->duration = to_timestamp(format.duration, kAvTimeBase);
  if (format.start_time != AV_NOPTS_VALUE)
    info->start_time = to_timestamp(format.start_time, kAvTimeBase);
  for (unsigned i = 0; i < format.nb_streams; ++i)
    info->streams.push_back(read_stream_info(format, *format.streams[i], info->location));
  if (info_) {
    info->audio_stream = info_->audio_stream;
    info->video_stream = info_->video_stream;
    info->audio_choice = info_->audio_choice;
    info->video_choice = info_->video_choice;
  }
  info_ = std::move(info);
}

void FeedConnection::choose_streams() {
  AVFormatContext& format = *link_->format;
  fill_streams();
  auto info = std::make_shared<MediaInfo>(*info_);
  info_.reset();
  const StreamChoice video = choose_video(info->streams, options_.video);
  const int related = video.stream ? static_cast<int>(*video.stream) : -1;
  const int best = av_find_best_stream(&format, AVMEDIA_TYPE_AUDIO, -1, related, nullptr, 0);
  const StreamChoice audio =
      choose_audio(info->streams, options_.audio_track,
                   best >= 0 ? std::optional<std::size_t>(best) : std::nullopt);
  info->video_stream = video.stream;
  info->audio_stream = audio.stream;
  info->video_choice = video.reason;
  info->audio_choice = audio.reason;
  if (!audio.stream && !video.stream) {
    throw Error(ErrorKind::kInput, fmt::format("{} has nothing to work on: {}; {}", source_.shown,
                                               audio.reason, video.reason));
  }
  info_ = std::move(info);
  const auto number = [](std::optional<std::size_t> stream) {
    return stream ? std::optional<int>(static_cast<int>(*stream)) : std::nullopt;
  };
  const bool any_track = options_.audio_track == "auto" || options_.audio_track.empty();
  link_->watch.take(StreamKind::kAudio, number(audio.stream), any_track, now());
  link_->watch.take(StreamKind::kVideo, number(video.stream), options_.video, now());
  for (unsigned i = 0; i < format.nb_streams; ++i) {
    // Other tracks of sound are looked at, in case the one that is taken goes silent. Segments
    // and pictures are not fetched for that.
    const bool is_spare =
        any_track && burst_.count() == 0 && kind_of(*format.streams[i]) == StreamKind::kAudio;
    const bool is_taken = video.stream == i || audio.stream == i;
    format.streams[i]->discard = is_taken || is_spare ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  }
}

/// Makes the objects that packets refer to anew.
void FeedConnection::keep_streams() {
  const auto kept = [](const StreamInfo* stream) {
    return stream != nullptr ? std::make_shared<const StreamInfo>(*stream) : nullptr;
  };
  audio_ = kept(info_->audio());
  video_ = kept(info_->video());
  table_changes_ = link_->tables().changes();
  for (const auto& stream : streams()) {
    const int pid = link_->format->streams[stream->index]->id;
    link_->types[pid] = link_->tables().stream_type(pid).value_or(0);
  }
}

std::vector<std::shared_ptr<const StreamInfo>> FeedConnection::streams() const {
  std::vector<std::shared_ptr<const StreamInfo>> all;
  if (audio_) all.push_back(audio_);
  if (video_) all.push_back(video_);
  return all;
}

void FeedConnection::note_read_error(int code) {
  ++read_errors_in_a_row_;
  if (++read_errors_ == 1)
    log()->warn("{}: cannot be read in places ({})", source_.shown, av_error_text(code));
}

FeedConnection::Reading FeedConnection::changed_or_reopen(bool parameters_are_known) {
  if (!parameters_are_known && may_reopen()) return {Reading::Kind::kReopen, nullptr, nullptr};
  fill_streams();
  keep_streams();
  return {Reading::Kind::kChanged, nullptr, nullptr};
}

FeedConnection::Reading FeedConnection::take_other_stream(int index, StreamKind kind) {
  const AVStream& stream = *link_->format->streams[index];
  auto info = std::make_shared<MediaInfo>(*info_);
  const bool is_audio = kind == StreamKind::kAudio;
  (is_audio ? info->audio_stream : info->video_stream) = static_cast<std::size_t>(index);
  (is_audio ? info->audio_choice : info->video_choice) =
      fmt::format("{} {}, in place of one that fell silent or was not there",
                  is_audio ? "sound track" : "picture", index + 1);
  info_ = std::move(info);
  log()->warn("{}: takes {}", source_.shown, is_audio ? info_->audio_choice : info_->video_choice);
  link_->watch.take(kind, index, true, now());
  return changed_or_reopen(is_complete(*stream.codecpar));
}

bool FeedConnection::has_changed(const AVPacket& packet) {
  const StreamInfo* known = nullptr;
  if (audio_ && audio_->index == packet.stream_index) known = audio_.get();
  if (video_ && video_->index == packet.stream_index) known = video_.get();
  if (known == nullptr) return false;
  AVStream& stream = *link_->format->streams[packet.stream_index];
  take_new_parameters(packet, stream);
  return !same_parameters(*known->parameters, *stream.codecpar);
}

/// Whether the transport stream says that what is taken is another codec now, or no more there.
bool FeedConnection::carries_other_streams() {
  if (link_->tables().changes() == table_changes_) return false;
  table_changes_ = link_->tables().changes();
  return std::ranges::any_of(streams(), [&](const std::shared_ptr<const StreamInfo>& stream) {
    const int pid = link_->format->streams[stream->index]->id;
    const auto type = link_->tables().stream_type(pid);
    return link_->types[pid] != type.value_or(0);
  });
}

/// What a packet means; nothing when it is of a stream that is not taken.
std::optional<FeedConnection::Reading> FeedConnection::take(PacketHandle packet) {
  AVStream& stream = *link_->format->streams[packet->stream_index];
  const StreamKind kind = kind_of(stream);
  const std::shared_ptr<const StreamInfo>& known = kind == StreamKind::kAudio ? audio_ : video_;
  if (kind == StreamKind::kOther) return std::nullopt;
  if (known && known->index == packet->stream_index) {
    link_->watch.note(kind, packet->stream_index, now());
    if (has_changed(*packet)) {
      const bool is_known = stream.codecpar->codec_id == known->parameters->codec_id;
      waiting_ = std::move(packet);
      return changed_or_reopen(is_known);
    }
    if ((packet->flags & AV_PKT_FLAG_CORRUPT) != 0) ++read_errors_;
    return Reading{Reading::Kind::kPacket, std::move(packet), known, stream.pts_wrap_bits};
  }
  if (stream.discard >= AVDISCARD_ALL || packet->size == 0 ||
      !link_->watch.note(kind, packet->stream_index, now()))
    return std::nullopt;
  const int index = packet->stream_index;
  waiting_ = std::move(packet);
  return take_other_stream(index, kind);
}

/// Whether the source has ended; otherwise there may be more. Throws when it is lost.
bool FeedConnection::has_ended(int code) {
  if (link_->stopped()) return true;
  const bool is_file = source_.kind == Kind::kFile;
  // Once interrupted a file stays so, though the interruption is over.
  if (is_file && (link_->timed_out() || code == AVERROR_EXIT)) return true;
  if (link_->timed_out()) throw_lost(code);
  if (code == AVERROR(EAGAIN)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return false;
  }
  const AVIOContext* io = link_->format->pb;
  const int io_error = io != nullptr ? io->error : 0;
  if (code == AVERROR_EOF && (is_file || source_.descriptor >= 0 || is_recording())) {
    if (io_error < 0 && io_error != AVERROR_EOF) note_read_error(io_error);
    return true;
  }
  if (code != AVERROR_INVALIDDATA) throw_lost(code);
  note_read_error(code);
  if (read_errors_in_a_row_ >= kMaxReadErrorsInARow) throw_lost(code);
  return false;
}

FeedConnection::Reading FeedConnection::read() {
  link_->start_waiting();
  while (!link_->stopped()) {
    PacketHandle packet = std::move(waiting_);
    if (!packet) {
      packet = make_packet();
      const int code = av_read_frame(link_->format.get(), packet.get());
      if (!link_->refused().empty()) throw_lost(code);
      if (code < 0) {
        if (has_ended(code)) break;
        continue;
      }
      read_errors_in_a_row_ = 0;
      // The pictures of filter graphs stand alone, which newer FFmpeg does not say.
      const AVStream& from = *link_->format->streams[packet->stream_index];
      if (from.codecpar->codec_id == AV_CODEC_ID_WRAPPED_AVFRAME) packet->flags |= AV_PKT_FLAG_KEY;
      if (carries_other_streams()) return {Reading::Kind::kReopen, nullptr, nullptr};
    }
    if (std::optional<Reading> reading = take(std::move(packet))) return std::move(*reading);
    if (link_->timed_out()) throw_lost(AVERROR(ETIMEDOUT));
  }
  return {};
}

}  // namespace attune::media
