#include "live/hls_output.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/log.h"

namespace attune::live {
namespace {

/// Shorter segments say little of the bandwidth.
constexpr Duration kTelling = std::chrono::milliseconds(500);
/// A quarter more than the segments seen.
constexpr double kSpare = 1.25;

/// Of the feed, after a failure.
constexpr Duration kPause = std::chrono::seconds(1);
constexpr std::size_t kMostPending = 256;

std::int64_t rounded_seconds(Duration duration) {
  return static_cast<std::int64_t>(std::llround(to_seconds(duration)));
}

std::int64_t bandwidth(std::int64_t bytes, Duration duration) {
  return static_cast<std::int64_t>(static_cast<double>(bytes) * 8 / to_seconds(duration));
}

media::HlsMediaPlaylist first_playlist(const HlsFolder& folder, const HlsOptions& options) {
  media::HlsMediaPlaylist playlist;
  if (folder.earlier()) playlist = *folder.earlier();
  playlist.is_event = options.keep_all;
  playlist.has_ended = false;
  return playlist;
}

media::HlsSegmenterOptions segmenter_options(const HlsOptions& options,
                                             const media::HlsMediaPlaylist& playlist) {
  media::HlsSegmenterOptions made;
  made.folder = options.folder;
  made.first_number = playlist.media_sequence + static_cast<std::int64_t>(playlist.entries.size());
  made.continues = made.first_number > 0;
  made.target = options.segment;
  made.longest = std::max(made.longest, 2 * options.segment);
  made.audio = options.audio;
  made.video = options.video;
  return made;
}

}  // namespace

HlsOutput::HlsOutput(HlsOptions options)
    : options_(std::move(options)),
      folder_(options_.folder, options_.keep_all),
      playlist_(first_playlist(folder_, options_)),
      segmenter_(segmenter_options(options_, playlist_),
                 [this](media::HlsSegment segment) { pending_.push_back(std::move(segment)); }) {
  master_.media_playlist = kHlsMedia;
  if (options_.captions) master_.caption_playlist = kHlsCaptions;
  master_.caption_name = options_.caption_name;
  master_.caption_language = options_.language;
  for (const media::HlsEntry& entry : playlist_.entries) {
    listed_ += entry.duration;
    // A rendition has a file for every number.
    if (options_.captions && !std::filesystem::exists(options_.folder / (entry.stem + ".vtt")))
      folder_.replace(entry.stem + ".vtt", webvtt_segment_header(Timestamp::zero()));
  }
}

HlsOutput::~HlsOutput() = default;

void HlsOutput::note_failure(const Error& error) {
  if (error.kind() != ErrorKind::kOutput) throw error;
  ++status_.failures;
  if (status_.problem.empty())
    log()->error("HLS: {}; what cannot be written is lost, and tried again", error.what());
  status_.problem = error.what();
  tell_counts();
  next_try_ = now_ + kPause;
}

void HlsOutput::cut(const std::function<void()>& write) {
  try {
    write();
  } catch (const Error& error) {
    segmenter_.abandon();
    note_failure(error);
  }
}

void HlsOutput::take(const media::MediaPacket& packet,
                     const std::shared_ptr<const media::StreamInfo>& stream) {
  is_over_ = false;
  now_ = std::max(now_, packet.span.start);
  if (now_ >= next_try_) cut([&] { segmenter_.take(packet, stream); });
  publish_due();
}

void HlsOutput::take(captions::Caption caption) {
  if (options_.captions) captions_.add(std::move(caption));
}

void HlsOutput::discontinuity(Timestamp time) {
  cut([&] { segmenter_.end_stretch(); });
  advance(time);
}

void HlsOutput::advance(Timestamp now) {
  now_ = std::max(now_, now);
  publish_due();
}

void HlsOutput::finish() {
  cut([&] { segmenter_.end_stretch(); });
  is_over_ = true;
  next_try_ = Timestamp::min();
  publish_due();
}

void HlsOutput::publish_due() {
  if (now_ < next_try_) return;
  try {
    try_to_publish();
  } catch (const Error& error) {
    note_failure(error);
    while (pending_.size() > kMostPending) {
      folder_.remove_segment(pending_.front().stem);
      pending_.pop_front();
      pending_.front().is_discontinuity = true;
    }
  }
}

void HlsOutput::try_to_publish() {
  const auto is_due = [&](const media::HlsSegment& segment) {
    return is_over_ || segment.span.end + options_.caption_delay <= now_;
  };
  const bool has_news = !pending_.empty() && is_due(pending_.front());
  const bool ends = is_over_ && !playlist_.has_ended && !playlist_.entries.empty();
  if (!has_news && !ends) return;
  settle_target();
  while (!pending_.empty() && is_due(pending_.front())) {
    publish(pending_.front());
    pending_.pop_front();
  }
  playlist_.has_ended = is_over_;
  trim_window();
  write_playlists();
  remove_retired();
  status_.problem.clear();
  tell_counts();
}

void HlsOutput::settle_target() {
  if (target_is_settled_ || pending_.empty()) return;
  target_is_settled_ = true;
  Duration longest = options_.segment;
  bool knows_key_pictures = is_over_;
  for (const media::HlsSegment& segment : pending_) {
    longest = std::max(longest, segment.span.duration());
    knows_key_pictures = knows_key_pictures || segment.is_whole;
  }
  if (!knows_key_pictures) longest = std::max<Duration>(longest, std::chrono::seconds(10));
  playlist_.target_seconds = std::max(
      playlist_.target_seconds, static_cast<std::int64_t>(std::ceil(to_seconds(longest) * kSpare)));
  segmenter_.set_longest(std::chrono::seconds(playlist_.target_seconds));
}

void HlsOutput::publish(const media::HlsSegment& segment) {
  const Duration length = segment.span.duration();
  if (options_.captions) {
    if (!unwritten_captions_) unwritten_captions_ = captions_.write_segment(segment.span);
    folder_.replace(segment.stem + ".vtt", *unwritten_captions_);
    unwritten_captions_.reset();
  }
  playlist_.entries.push_back(
      {.stem = segment.stem,
       .duration = length,
       .is_discontinuity = segment.is_discontinuity,
       .date =
           options_.wall_start +
           std::chrono::duration_cast<std::chrono::system_clock::duration>(segment.span.start)});
  playlist_.target_seconds = std::max(playlist_.target_seconds, rounded_seconds(length));
  listed_ += length;
  published_ += length;
  published_bytes_ += segment.bytes;
  ++status_.segments;
  master_.variant = *segment.variant;
  if (length >= kTelling || master_.peak_bandwidth == 0)
    master_.peak_bandwidth = std::max(master_.peak_bandwidth, bandwidth(segment.bytes, length));
  master_.average_bandwidth = bandwidth(published_bytes_, published_);
}

void HlsOutput::trim_window() {
  if (options_.keep_all) return;
  const Duration least = std::chrono::seconds(3 * playlist_.target_seconds);
  std::deque<media::HlsEntry>& entries = playlist_.entries;
  while (entries.size() > options_.window && listed_ - entries.front().duration >= least) {
    const media::HlsEntry& oldest = entries.front();
    listed_ -= oldest.duration;
    playlist_.discontinuity_sequence += oldest.is_discontinuity ? 1 : 0;
    ++playlist_.media_sequence;
    retired_.push_back({oldest.stem, published_ + oldest.duration + longest_list_});
    entries.pop_front();
  }
  longest_list_ = std::max(longest_list_, listed_);
}

void HlsOutput::remove_retired() {
  while (!retired_.empty() && retired_.front().until <= published_) {
    folder_.remove_segment(retired_.front().stem);
    retired_.pop_front();
  }
}

void HlsOutput::write_playlists() {
  if (options_.captions) folder_.replace(kHlsCaptions, write_media_playlist(playlist_, ".vtt"));
  folder_.replace(kHlsMedia, write_media_playlist(playlist_, ".ts"));
  write_master();
  folder_.forget_earlier();
}

/// Written anew when players need to know, not with every segment.
void HlsOutput::write_master() {
  const bool has_news =
      master_.peak_bandwidth > written_peak_ || master_.variant != written_variant_;
  if (!has_news) return;
  media::HlsMaster told = master_;
  told.average_bandwidth = std::min(told.average_bandwidth, told.peak_bandwidth);
  folder_.replace(kHlsMaster, write_master_playlist(told));
  written_peak_ = master_.peak_bandwidth;
  written_variant_ = master_.variant;
}

HlsStatus HlsOutput::status() const {
  HlsStatus status = status_;
  status.captions = captions_.captions();
  status.late_captions = captions_.late();
  status.dropped_captions = captions_.dropped();
  status.packets_left_out = segmenter_.packets_left_out();
  return status;
}

void HlsOutput::tell_counts() {
  const HlsStatus now = status();
  told_.tell(now.segments, now.dropped_captions + now.packets_left_out, now.failures);
}

}  // namespace attune::live
