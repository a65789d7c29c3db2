#include "media/feed_timeline.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "media/libav.h"

namespace attune::media {
namespace {

/// How long the first packets of a stretch wait for those of the other streams.
constexpr Duration kHold = std::chrono::milliseconds(500);
/// Streams further apart than this are not on one clock.
constexpr Duration kSkew = std::chrono::seconds(10);
/// A stream that has sent nothing for so long is not waited for.
constexpr Duration kSilent = std::chrono::seconds(1);
/// Pictures are left out for the want of one that stands alone for this long at the most: some
/// encoders send none and refresh the picture bit by bit.
constexpr Duration kKeyPatience = std::chrono::seconds(10);

constexpr AVRational kNanoseconds{1, 1'000'000'000};

AVRational rational(Ratio ratio) {
  return {ratio.num, ratio.den};
}

std::int64_t to_ticks(Duration time, Ratio base, AVRounding rounding) {
  return av_rescale_q_rnd(time.count(), kNanoseconds, rational(base), rounding);
}

Duration length_of(const AVPacket& packet, const StreamInfo& stream) {
  if (packet.duration > 0) return to_timestamp(packet.duration, stream.time_base);
  if (stream.kind != StreamKind::kVideo) return {};
  return stream.frame_rate.known() ? from_seconds(1 / stream.frame_rate.value()) : kTokenPeriod;
}

/// How many periods lie nearest to a difference.
std::int64_t wraps(std::int64_t difference, std::int64_t period) {
  return static_cast<std::int64_t>(
      std::llround(static_cast<double>(difference) / static_cast<double>(period)));
}

Timestamp presentation_time(const AVPacket& packet, Ratio base) {
  return to_timestamp(packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts, base);
}

bool within(Duration difference, Duration limit) {
  return difference >= -limit && difference <= limit;
}

}  // namespace

void FeedTimeline::begin(const std::vector<std::shared_ptr<const StreamInfo>>& streams,
                         std::optional<Timestamp> first_arrival) {
  finish();
  first_arrival_ = first_arrival;
  tracks_.clear();
  for (const auto& stream : streams) {
    Track& track = tracks_[stream->index];
    track.time_base = stream->time_base;
    track.needs_key = stream->kind == StreamKind::kVideo;
  }
  is_gathering_ = true;
}

void FeedTimeline::finish() {
  if (is_gathering_ && !held_.empty()) anchor();
}

/// Makes the counter of a packet go on from the last one, or from the other streams'.
void FeedTimeline::unwrap(AVPacket& packet, Track& track, int wrap_bits) const {
  if (wrap_bits <= 0 || wrap_bits >= 63) return;
  const std::int64_t period = std::int64_t{1} << wrap_bits;
  const Track* reference = track.has_come ? &track : nullptr;
  for (const auto& [index, other] : tracks_)
    if (reference == nullptr && other.has_come) reference = &other;
  const std::int64_t raw = packet.dts != AV_NOPTS_VALUE ? packet.dts : packet.pts;
  if (raw == AV_NOPTS_VALUE) return;
  if (reference != nullptr) {
    const std::int64_t last = to_ticks(reference->last, track.time_base, AV_ROUND_NEAR_INF);
    track.wrapped += wraps(last - raw - track.wrapped, period) * period;
  }
  if (packet.dts != AV_NOPTS_VALUE && packet.pts != AV_NOPTS_VALUE)
    packet.pts -= wraps(packet.pts - packet.dts, period) * period;
  if (packet.dts != AV_NOPTS_VALUE) packet.dts += track.wrapped;
  if (packet.pts != AV_NOPTS_VALUE) packet.pts += track.wrapped;
}

bool FeedTimeline::is_jump(const Track& track, Timestamp time, Timestamp arrival) const {
  const Duration step = time - track.last;
  return track.has_come && !within(step - track.length, kJump) &&
         !within(step - (arrival - track.arrival), kJump);
}

/// The source's clock has jumped: the track waits for the next stretch.
void FeedTimeline::leave_clock(int index, Track& track) {
  const bool is_held =
      std::ranges::any_of(held_, [&](const Held& held) { return held.stream->index == index; });
  // The others have jumped before it, and it has not come since.
  if (!track.shift && !is_held) return;
  // Jumped again before the last jump was over: that was a stretch of its own.
  if (is_held) finish();
  if (!is_gathering_) ++jumps_;
  is_gathering_ = true;
  track.shift.reset();
}

/// Whether every stream that is alive has sent its first packet of the next stretch.
bool FeedTimeline::is_complete(Timestamp now) const {
  return std::ranges::all_of(tracks_, [&](const auto& entry) {
    const auto& [index, track] = entry;
    if (track.has_come && now - track.arrival > kSilent) return true;
    return !track.shift && std::ranges::any_of(held_, [&](const Held& held) {
      return held.stream->index == index;
    });
  });
}

void FeedTimeline::take(PacketHandle packet, const std::shared_ptr<const StreamInfo>& stream,
                        int wrap_bits, Timestamp arrival) {
  Track& track = tracks_[stream->index];
  track.time_base = stream->time_base;
  unwrap(*packet, track, wrap_bits);
  if (packet->dts == AV_NOPTS_VALUE && packet->pts == AV_NOPTS_VALUE)
    packet->pts = packet->dts =
        to_ticks(track.last + track.length, track.time_base, AV_ROUND_NEAR_INF);
  const Timestamp time =
      to_timestamp(packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts, track.time_base);
  const bool is_video = stream->kind == StreamKind::kVideo;
  if (is_jump(track, time, arrival)) {
    leave_clock(stream->index, track);
    track.needs_key = is_video;
  }
  track.has_come = true;
  track.last = time;
  track.length = length_of(*packet, *stream);
  track.arrival = arrival;
  if (track.needs_key && (packet->flags & AV_PKT_FLAG_KEY) == 0) {
    if (!track.needs_key_since) track.needs_key_since = arrival;
    if (arrival - *track.needs_key_since < kKeyPatience) return;
  }
  track.needs_key = false;
  track.needs_key_since.reset();
  Held held{std::move(packet), stream, time, arrival};
  if (is_gathering_ && !track.shift) {
    held_.push_back(std::move(held));
    if (is_complete(arrival) || arrival - held_.front().arrival > kHold) anchor();
    return;
  }
  if (is_gathering_ && !held_.empty() && arrival - held_.front().arrival > kHold) anchor();
  emit(std::move(held));
}

void FeedTimeline::anchor() {
  is_gathering_ = false;
  for (auto& [index, track] : tracks_) track.shift.reset();
  const Held& first = held_.front();
  const Timestamp arrival = std::exchange(first_arrival_, std::nullopt).value_or(first.arrival);
  // Decoded sound may run a little longer than its packets say.
  const Timestamp free = breaks_ > 0 ? last_end_ + kTokenPeriod : last_end_;
  anchor_ = token_time(token_ceil(std::max(arrival, free)));
  anchor_source_ = presentation_time(*first.packet, first.stream->time_base);
  for (auto it = held_.begin(); it != held_.end(); ++it) {
    const bool is_first = std::none_of(held_.begin(), it, [&](const Held& earlier) {
      return earlier.stream->index == it->stream->index;
    });
    const Timestamp start = presentation_time(*it->packet, it->stream->time_base);
    if (is_first && within(it->time - first.time, kSkew))
      anchor_source_ = std::min(anchor_source_, start);
  }
  ++breaks_;
  LiveItem item;
  item.kind = LiveItem::Kind::kDiscontinuity;
  item.time = anchor_;
  sink_(std::move(item), first.arrival);
  for (Held& held : std::exchange(held_, {})) emit(std::move(held));
}

/// Finds what to add to the times of a track that comes into the stretch.
void FeedTimeline::join(Track& track, const Held& first) const {
  const Timestamp start = presentation_time(*first.packet, track.time_base);
  Duration offset = anchor_ - anchor_source_;
  for (const auto& [index, other] : tracks_) {
    if (!other.shift) continue;
    const Duration shift = to_timestamp(*other.shift, other.time_base);
    // On a clock of its own it begins where the other is.
    offset = within(first.time - other.last, kSkew) ? shift : other.last + shift - start;
    break;
  }
  track.shift = to_ticks(offset, track.time_base, AV_ROUND_UP);
}

void FeedTimeline::emit(Held held) {
  Track& track = tracks_[held.stream->index];
  if (!track.shift) join(track, held);
  AVPacket& packet = *held.packet;
  const bool is_key_picture =
      held.stream->kind == StreamKind::kVideo && (packet.flags & AV_PKT_FLAG_KEY) != 0;
  if (packet.pts != AV_NOPTS_VALUE) packet.pts += *track.shift;
  if (packet.dts != AV_NOPTS_VALUE) packet.dts += *track.shift;
  LiveItem item;
  item.time = presentation_time(packet, track.time_base);
  if (item.time < anchor_) {
    // What follows cannot be decoded without it.
    if (is_key_picture) track.needs_key = true;
    return;
  }
  item.packet.kind = held.stream->kind;
  item.packet.span = {item.time, item.time + length_of(packet, *held.stream)};
  last_end_ = std::max(last_end_, item.packet.span.end);
  item.packet.data = std::shared_ptr<const AVPacket>(held.packet.release(), AvDelete());
  item.stream = std::move(held.stream);
  sink_(std::move(item), held.arrival);
}

}  // namespace attune::media
