#include "service/feed_watch.h"

#include <algorithm>

namespace attune::service {
namespace {

constexpr Duration kInTimeAfter = std::chrono::seconds(10);
/// The first results after a break take longer: decoders wait for a picture that stands alone, and
/// networks are made ready for new sizes.
constexpr Duration kFirstResults = std::chrono::seconds(3);

}  // namespace

FeedWatch::FeedWatch(const FeedPromise& promise)
    : promise_(promise), speech_(promise.speech_budget), captions_(promise.caption_budget) {}

void FeedWatch::source(std::shared_ptr<media::LiveInput> input) {
  const std::lock_guard lock(mutex_);
  input_ = std::move(input);
  done_ = expected_since_ = input_->now();
  has_result_ = false;
}

std::shared_ptr<media::LiveInput> FeedWatch::input() const {
  const std::lock_guard lock(mutex_);
  return input_;
}

std::optional<Timestamp> FeedWatch::now() const {
  const auto source = input();
  return source && promise_.is_live ? std::optional(source->now()) : std::nullopt;
}

Duration FeedWatch::age(Timestamp t) const {
  const auto source = input();
  if (!source || !promise_.is_live) return Duration::zero();
  const auto arrival = source->arrival(t);
  return arrival ? source->now() - *arrival : Duration::zero();
}

void FeedWatch::result(const std::string& sink, Timestamp end) {
  const auto source = input();
  // The last sample of a result lies just before its end.
  const auto arrival = source ? source->arrival(end - kTokenPeriod) : std::nullopt;
  const std::lock_guard lock(mutex_);
  const bool is_speech = sink == "speech";
  if (is_speech) {
    done_ = std::max(done_, end);
    has_result_ = has_result_ || end > expected_since_;
  }
  if (!arrival || !promise_.is_live) return;
  const Timestamp now = source->now();
  const bool late = (is_speech ? speech_ : captions_).add(now, now - *arrival);
  if (!is_speech) return;
  if (late) {
    last_late_ = now;
    if (!is_late_) lateness_ = is_late_ = true;
  } else if (is_late_ && now - last_late_ >= kInTimeAfter) {
    lateness_ = is_late_ = false;
  }
}

Duration FeedWatch::lag() const {
  const auto source = input();
  if (!source) return Duration::zero();
  const media::InputStatus status = source->status();
  const std::lock_guard lock(mutex_);
  // What has not arrived cannot be done; what the nodes wait for is no lag.
  return source->now() - status.silence - done_ - promise_.speech_declared;
}

std::optional<live::LoadChange> FeedWatch::update() {
  const auto source = input();
  if (!source || !promise_.is_live) return std::nullopt;
  const media::InputStatus status = source->status();
  {
    const std::lock_guard lock(mutex_);
    // After a break, results begin anew.
    if (status.discontinuities != discontinuities_ || status.state != media::InputState::kRunning) {
      discontinuities_ = status.discontinuities;
      done_ = expected_since_ = std::max(done_, source->now());
      has_result_ = false;
    }
    if (!has_result_ && source->now() - expected_since_ < promise_.speech_declared + kFirstResults)
      return std::nullopt;
  }
  return policy_.update(source->now(), std::max(lag(), Duration::zero()), promise_.speech_budget);
}

std::optional<bool> FeedWatch::lateness() {
  const std::lock_guard lock(mutex_);
  return std::exchange(lateness_, std::nullopt);
}

void FeedWatch::fill(FeedStatus& status) const {
  status.latency_budget = promise_.speech_budget;
  status.load_level = policy_.level()->load();
  status.load_effect = live::load_effect(status.load_level);
  status.load_steps = policy_.taken();
  status.captions_skipped = captions_skipped_;
  const auto source = input();
  if (!source) return;
  const media::InputStatus from = source->status();
  const live::LatencySummary latency = speech_.summary(source->now());
  status.latency_median = latency.median;
  status.latency_p99 = latency.p99;
  status.results = latency.results;
  status.late_results = latency.late;
  status.media_time = source->now();
  status.connections = from.connections;
  status.discontinuities = from.discontinuities;
  status.pictures_dropped = from.pictures_dropped + pictures_left_out_;
  status.sound_dropped = from.sound_dropped;
  status.read_errors = from.read_errors;
  status.input_bytes = from.bytes;
  status.drift_ppm = from.drift_ppm;
}

}  // namespace attune::service
