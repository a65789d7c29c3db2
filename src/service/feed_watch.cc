#include "service/feed_watch.h"

#include <algorithm>

namespace attune::service {
namespace {

/// The first results after a break take longer: decoders wait for a picture that stands alone, and
/// networks are made ready for new sizes.
constexpr Duration kFirstResults = std::chrono::seconds(3);

LatencyStatus latency_status(const live::LatencyMeter& meter, Duration budget, Timestamp now) {
  const live::LatencySummary summary = meter.summary(now);
  return {.budget = budget,
          .median = summary.median,
          .p99 = summary.p99,
          .results = summary.results,
          .late = summary.late};
}

}  // namespace

FeedWatch::FeedWatch(const FeedPromise& promise)
    : promise_(promise), speech_(promise.speech_budget), captions_(promise.caption_budget) {}

void FeedWatch::source(std::shared_ptr<media::LiveInput> input) {
  const std::lock_guard lock(mutex_);
  input_ = std::move(input);
  done_ = expected_since_ = input_->now();
  has_result_ = false;
}

FeedPromise FeedWatch::promise() const {
  const std::lock_guard lock(mutex_);
  return promise_;
}

void FeedWatch::set_promise(const FeedPromise& promise) {
  const std::lock_guard lock(mutex_);
  promise_ = promise;
  speech_.set_budget(promise.speech_budget);
  captions_.set_budget(promise.caption_budget);
}

std::shared_ptr<media::LiveInput> FeedWatch::input() const {
  const std::lock_guard lock(mutex_);
  return input_;
}

std::optional<Timestamp> FeedWatch::now() const {
  const auto source = input();
  return source && promise().is_live ? std::optional(source->now()) : std::nullopt;
}

Duration FeedWatch::age(Timestamp t) const {
  const auto source = input();
  if (!source || !promise().is_live) return Duration::zero();
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
  const bool is_late = (is_speech ? speech_ : captions_).add(now, now - *arrival);
  (is_speech ? speech_lateness_ : caption_lateness_).add(now, is_late);
}

Duration FeedWatch::lag() const {
  const auto source = input();
  if (!source) return Duration::zero();
  const media::InputStatus status = source->status();
  const std::lock_guard lock(mutex_);
  // What has not arrived cannot be done; what the nodes wait for is no lag. By the time of arrival:
  // a source's clock may run fast or slow for days.
  const Timestamp done = source->arrival(done_ - kTokenPeriod).value_or(done_);
  return source->now() - status.silence - done - promise_.speech_declared;
}

std::optional<live::LoadChange> FeedWatch::update() {
  const auto source = input();
  const FeedPromise promise = this->promise();
  if (!source || !promise.is_live) return std::nullopt;
  const media::InputStatus status = source->status();
  {
    const std::lock_guard lock(mutex_);
    // After a break, results begin anew.
    if (status.discontinuities != discontinuities_ || status.state != media::InputState::kRunning) {
      discontinuities_ = status.discontinuities;
      done_ = expected_since_ = std::max(done_, source->now());
      has_result_ = false;
    }
    if (!has_result_ && source->now() - expected_since_ < promise.speech_declared + kFirstResults)
      return std::nullopt;
  }
  return policy_.update(source->now(), std::max(lag(), Duration::zero()), promise.speech_budget);
}

std::optional<bool> FeedWatch::speech_lateness() {
  const std::lock_guard lock(mutex_);
  return speech_lateness_.news();
}

std::optional<bool> FeedWatch::caption_lateness() {
  const std::lock_guard lock(mutex_);
  return caption_lateness_.news();
}

void FeedWatch::fill(FeedStatus& status) const {
  const FeedPromise promise = this->promise();
  status.speech.budget = promise.speech_budget;
  status.caption.budget = promise.caption_budget;
  status.load_level = policy_.level()->load();
  status.load_effect = live::load_effect(status.load_level);
  for (int level = 0; level <= live::kHighestLoadLevel; ++level)
    status.load_steps[static_cast<std::size_t>(level)] = policy_.taken(level);
  status.captions_skipped = captions_skipped_;
  const auto source = input();
  if (!source) return;
  const media::InputStatus from = source->status();
  const Timestamp now = source->now();
  status.speech = latency_status(speech_, promise.speech_budget, now);
  status.caption = latency_status(captions_, promise.caption_budget, now);
  status.media_time = now;
  status.connections = from.connections;
  status.discontinuities = from.discontinuities;
  status.pictures_dropped = from.pictures_dropped + pictures_left_out_;
  status.sound_dropped = from.sound_dropped;
  status.read_errors = from.read_errors;
  status.input_bytes = from.bytes;
  status.drift_ppm = from.drift_ppm;
}

}  // namespace attune::service
