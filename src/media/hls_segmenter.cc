#include "media/hls_segmenter.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/unique_name.h"
#include "media/codec_string.h"
#include "media/libav.h"

namespace attune::media {
namespace fs = std::filesystem;
namespace {

/// A segment rounds to no more seconds than the longest one may have.
constexpr Duration kRounding = std::chrono::milliseconds(450);
/// Pictures that sound runs ahead of by more have stopped.
constexpr Duration kStopped = std::chrono::seconds(1);
/// Of the last picture, where nothing tells.
constexpr Duration kUsualFrame = std::chrono::milliseconds(40);

HlsVariant describe(const std::vector<std::shared_ptr<const StreamInfo>>& streams,
                    const MediaPacket& first) {
  HlsVariant variant;
  bool all_have_names = true;
  for (const auto& stream : streams) {
    const bool is_video = stream->kind == StreamKind::kVideo;
    const AVPacket* picture = first.kind == StreamKind::kVideo ? first.data.get() : nullptr;
    std::string& name = is_video ? variant.video_codec : variant.audio_codec;
    name = codec_string(*stream, picture);
    all_have_names = all_have_names && !name.empty();
    if (!is_video) continue;
    variant.width = stream->width;
    variant.height = stream->height;
    if (stream->frame_rate.known()) variant.frame_rate = stream->frame_rate.value();
  }
  // A list of codecs without one of them would mislead.
  if (!all_have_names) variant.video_codec = variant.audio_codec = "";
  return variant;
}

Duration frame_length(const StreamInfo& stream) {
  return stream.frame_rate.known() ? from_seconds(1 / stream.frame_rate.value()) : kUsualFrame;
}

}  // namespace

std::string hls_stem(std::int64_t number) {
  return fmt::format("segment-{:08}", number);
}

/// From one discontinuity to the next.
struct HlsSegmenter::Stretch {
  explicit Stretch(std::vector<std::shared_ptr<const StreamInfo>> streams) : writer(streams) {}

  const StreamInfo* stream(StreamKind kind) const {
    for (const auto& stream : writer.streams())
      if (stream->kind == kind) return stream.get();
    return nullptr;
  }

  TsWriter writer;
  std::shared_ptr<const HlsVariant> variant;
  /// Of the segment under way.
  Timestamp start{};
  fs::path temporary;
  /// Latest end of anything.
  Timestamp end = Timestamp::min();
  /// Latest presentation time of a picture, and how far that of the one before lies back.
  Timestamp last_picture = Timestamp::min();
  Duration picture_gap{};
};

HlsSegmenter::HlsSegmenter(HlsSegmenterOptions options, std::function<void(HlsSegment)> done)
    : options_(std::move(options)),
      done_(std::move(done)),
      start_(options_.audio, options_.video),
      next_number_(options_.first_number),
      next_is_discontinuity_(options_.continues) {}

HlsSegmenter::~HlsSegmenter() {
  abandon();
}

bool HlsSegmenter::takes(const StreamInfo& stream) {
  const bool has_place = has_place_in_ts(stream);
  if (!has_place) start_.do_not_expect(stream.kind);
  if (plays_in_browsers(stream) || !said_.insert(stream.codec).second) return has_place;
  const std::string_view what = stream.kind == StreamKind::kVideo ? "picture" : "sound";
  if (has_place) {
    log()->warn("HLS: browsers may not play the {} ({}); H.264 and AAC are what all of them play",
                what, stream.codec);
  } else {
    log()->warn("HLS: the {} is left out: {} has no place in its MPEG-TS segments", what,
                stream.codec);
  }
  return has_place;
}

void HlsSegmenter::take(const MediaPacket& packet,
                        const std::shared_ptr<const StreamInfo>& stream) {
  if (packet.kind == StreamKind::kOther || !takes(*stream)) return;
  if (stretch_ != nullptr) {
    const StreamInfo* known = stretch_->stream(packet.kind);
    if (known == stream.get() && !(has_late_stream_ && is_key_picture(packet))) {
      write(packet);
      return;
    }
    if (known != nullptr && known != stream.get()) {
      end_stretch();
    } else if (is_key_picture(packet)) {
      change_stretch();
    } else {
      // A stream that begins late is taken in with the next key picture: until then nothing of the
      // others is lost.
      has_late_stream_ = true;
    }
  }
  start_.add(packet, stream);
  if (stretch_ == nullptr && start_.is_ready()) begin_stretch();
}

void HlsSegmenter::change_stretch() {
  for (const auto& stream : stretch_->writer.streams()) start_.expect(stream->kind);
  finish_stretch();
}

void HlsSegmenter::begin_stretch() {
  stretch_ = std::make_unique<Stretch>(start_.streams());
  const MediaPacket first = start_.first();
  const std::deque<MediaPacket> packets = start_.packets();
  start_.clear();
  // What did not come is not waited for again.
  for (const StreamKind kind : {StreamKind::kAudio, StreamKind::kVideo})
    if (stretch_->stream(kind) == nullptr) start_.do_not_expect(kind);
  stretch_->variant =
      std::make_shared<const HlsVariant>(describe(stretch_->writer.streams(), first));
  begin_segment(first.span.start);
  for (const MediaPacket& packet : packets) write(packet);
}

void HlsSegmenter::begin_segment(Timestamp start) {
  stretch_->start = start;
  stretch_->temporary =
      options_.folder / fmt::format(".{}.ts.{}.tmp", hls_stem(next_number_), unique_suffix());
  stretch_->writer.begin_file(stretch_->temporary);
}

void HlsSegmenter::write(const MediaPacket& packet) {
  Stretch& stretch = *stretch_;
  const Timestamp at = packet.span.start;
  const Duration length = at - stretch.start;
  const StreamInfo* video = stretch.stream(StreamKind::kVideo);
  bool cuts = false;
  bool is_forced = false;
  if (packet.kind == StreamKind::kVideo) {
    const Duration gap =
        stretch.picture_gap > Duration::zero() ? stretch.picture_gap : frame_length(*video);
    cuts = is_key_picture(packet) && length >= options_.target * 9 / 10;
    // Not among the pictures that are shown before one that has come already.
    is_forced = length + gap > options_.longest + kRounding && at > stretch.last_picture;
  } else if (video == nullptr) {
    cuts = length >= options_.target;
  } else {
    is_forced = length + packet.span.duration() > options_.longest + kRounding &&
                at - stretch.last_picture > kStopped;
  }
  if (is_forced && said_.insert("forced cut").second)
    log()->warn(
        "HLS: the source's key pictures are more than {:g} s apart; segments are cut between them",
        to_seconds(options_.longest));
  if (cuts || is_forced) {
    end_segment(at, cuts);
    begin_segment(at);
  }
  if (!stretch.writer.write(packet)) {
    ++packets_left_out_;
    return;
  }
  const bool has_end = packet.span.end > at || video == nullptr;
  stretch.end = std::max(stretch.end, has_end ? packet.span.end : at + frame_length(*video));
  if (packet.kind == StreamKind::kVideo && at > stretch.last_picture) {
    if (stretch.last_picture != Timestamp::min()) stretch.picture_gap = at - stretch.last_picture;
    stretch.last_picture = at;
  }
}

void HlsSegmenter::end_segment(Timestamp end, bool is_whole) {
  const std::int64_t bytes = stretch_->writer.finish_file();
  HlsSegment segment{.number = next_number_,
                     .stem = hls_stem(next_number_),
                     .span = {stretch_->start, end},
                     .bytes = bytes,
                     .is_discontinuity = next_is_discontinuity_,
                     .is_whole = is_whole,
                     .variant = stretch_->variant};
  const fs::path file = options_.folder / (segment.stem + ".ts");
  std::error_code error;
  fs::rename(stretch_->temporary, file, error);
  if (error)
    throw Error(ErrorKind::kOutput,
                fmt::format("{}: cannot put in place: {}", file.string(), error.message()));
  stretch_->temporary.clear();
  ++next_number_;
  next_is_discontinuity_ = false;
  done_(std::move(segment));
}

void HlsSegmenter::end_stretch() {
  start_.clear();
  finish_stretch();
}

void HlsSegmenter::finish_stretch() {
  has_late_stream_ = false;
  if (stretch_ == nullptr) return;
  const Timestamp end = std::max(stretch_->end, stretch_->start + std::chrono::milliseconds(1));
  end_segment(end, false);
  stretch_.reset();
  next_is_discontinuity_ = true;
}

void HlsSegmenter::abandon() {
  start_.clear();
  has_late_stream_ = false;
  if (stretch_ == nullptr) return;
  const fs::path temporary = stretch_->temporary;
  stretch_.reset();
  next_is_discontinuity_ = true;
  std::error_code ignored;
  if (!temporary.empty()) fs::remove(temporary, ignored);
}

}  // namespace attune::media
