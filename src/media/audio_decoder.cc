#include "media/audio_decoder.h"

#include <algorithm>
#include <cmath>

#include "core/log.h"
#include "media/libav.h"

namespace attune::media {
namespace {

/// 62.5 us, exactly.
constexpr Duration kSamplePeriod{1'000'000'000 / kSampleRateHz};
/// A step of the timestamps by more than one token is no jitter.
constexpr double kStepS = 0.040;
constexpr double kDriftS = 0.020;
/// After a damaged packet any difference of more than this is what was lost.
constexpr double kRoundingS = 0.002;
constexpr double kSmoothing = 1.0 / 16;

}  // namespace

AudioDecoder::AudioDecoder(const StreamInfo& stream, AudioDecoderOptions options)
    : stream_(stream), options_(options), decoder_(stream, CodecOptions{}) {}

AudioStatistics AudioDecoder::statistics() const {
  AudioStatistics result = statistics_;
  result.damaged_packets = decoder_.damaged_packets();
  return result;
}

void AudioDecoder::decode(const AVPacket& packet, const Sink& sink) {
  decoder_.decode(packet, [&](const AVFrame& frame) { take(frame, sink); });
}

void AudioDecoder::flush(const Sink& sink) {
  decoder_.flush([&](const AVFrame& frame) { take(frame, sink); });
  resampler_.drain(converted_);
  append(converted_, sink);
  deliver(pending_.size(), sink);
  origin_.reset();
  position_ = 0;
  to_drop_ = 0;
  stretch_start_ = {};
  stretch_samples_ = 0;
}

std::int64_t AudioDecoder::position_of(Timestamp time) const {
  return std::llround(static_cast<double>((time - *origin_).count()) / kSamplePeriod.count());
}

bool AudioDecoder::has_left(Timestamp expected, Timestamp stamped) {
  const double error_s = to_seconds(stamped - expected);
  smoothed_error_s_ += (error_s - smoothed_error_s_) * kSmoothing;
  const bool after_damage = decoder_.damaged_packets() > damage_seen_;
  damage_seen_ = decoder_.damaged_packets();
  return std::abs(error_s) > (after_damage ? kRoundingS : kStepS) ||
         std::abs(smoothed_error_s_) > kDriftS;
}

void AudioDecoder::take(const AVFrame& frame, const Sink& sink) {
  if (frame.nb_samples <= 0 || frame.sample_rate <= 0) return;
  const bool is_stamped = frame.best_effort_timestamp != AV_NOPTS_VALUE;
  // Before the first time of a track that has times, nothing says where the sound belongs.
  if (!origin_ && !is_stamped && stream_.start_time) return;
  const Timestamp expected =
      stretch_start_ + Duration(av_rescale(stretch_samples_, 1'000'000'000, frame.sample_rate));
  const Timestamp stamped =
      is_stamped ? to_timestamp(frame.best_effort_timestamp, stream_.time_base) : expected;
  if (!origin_) {
    origin_ = stamped;
    stretch_start_ = stamped;
    stretch_samples_ = 0;
    smoothed_error_s_ = 0;
  } else if (has_left(expected, stamped)) {
    ++statistics_.corrections;
    move_to(stamped, sink);
  } else if (!resampler_.accepts(frame)) {
    move_to(expected, sink);
  }
  if (!resampler_.accepts(frame)) resampler_.start(frame);
  resampler_.convert(frame, converted_);
  stretch_samples_ += frame.nb_samples;
  append(converted_, sink);
}

/// Makes the next samples lie at `time`, with the resampler starting afresh.
void AudioDecoder::move_to(Timestamp time, const Sink& sink) {
  resampler_.drain(converted_);
  append(converted_, sink);
  stretch_start_ = time;
  stretch_samples_ = 0;
  smoothed_error_s_ = 0;
  const std::int64_t gap = position_of(time) - position_;
  to_drop_ = std::max<std::int64_t>(-gap, 0);
  if (gap <= 0) return;
  if (gap * kSamplePeriod <= options_.max_silence) {
    append_silence(gap, sink);
    return;
  }
  log()->warn("{}: no sound from {} to {}", stream_.location,
              format_timestamp(*origin_ + position_ * kSamplePeriod), format_timestamp(time));
  deliver(pending_.size(), sink);
  origin_ = time;
  position_ = 0;
}

/// Places the samples on the clock and empties the vector.
void AudioDecoder::append(std::vector<float>& samples, const Sink& sink) {
  const auto dropped = std::min<std::int64_t>(to_drop_, static_cast<std::int64_t>(samples.size()));
  to_drop_ -= dropped;
  statistics_.sound_dropped += dropped * kSamplePeriod;
  pending_.insert(pending_.end(), samples.begin() + dropped, samples.end());
  position_ += static_cast<std::int64_t>(samples.size()) - dropped;
  samples.clear();

  const auto chunk =
      static_cast<std::size_t>(std::max<std::int64_t>(options_.chunk / kSamplePeriod, 1));
  while (pending_.size() >= chunk) deliver(chunk, sink);
}

void AudioDecoder::append_silence(std::int64_t count, const Sink& sink) {
  statistics_.silence_inserted += count * kSamplePeriod;
  std::vector<float> silence;
  while (count > 0) {
    const std::int64_t part = std::min<std::int64_t>(count, kSampleRateHz);
    silence.assign(static_cast<std::size_t>(part), 0.0F);
    append(silence, sink);
    count -= part;
  }
}

void AudioDecoder::deliver(std::size_t count, const Sink& sink) {
  if (count == 0) return;
  const std::int64_t first = position_ - static_cast<std::int64_t>(pending_.size());
  AudioChunk chunk;
  chunk.start = *origin_ + first * kSamplePeriod;
  const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(count);
  chunk.samples.assign(pending_.begin(), end);
  pending_.erase(pending_.begin(), end);
  sink(std::move(chunk));
}

}  // namespace attune::media
