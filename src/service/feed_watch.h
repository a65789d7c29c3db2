#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "core/time.h"
#include "live/event.h"
#include "live/feed_link.h"
#include "live/latency_meter.h"
#include "live/lateness.h"
#include "live/load_policy.h"
#include "media/live_input.h"
#include "service/feed_directory.h"
#include "service/feed_promise.h"

namespace attune::service {

/// Watches the results of one feed: how late they are, whether the feed falls behind, and what it
/// is then to do without. Outlives the feed's graphs. Thread-safe.
class FeedWatch final : public live::ResultObserver {
 public:
  explicit FeedWatch(const FeedPromise& promise);

  void result(const std::string& sink, Timestamp end) override;
  void source(std::shared_ptr<media::LiveInput> input) override;
  void captions_skipped() override { ++captions_skipped_; }
  void picture_left_out() override { ++pictures_left_out_; }

  /// Several times a second: takes the next step of the policy for falling behind when it is due.
  std::optional<live::LoadChange> update();
  /// By how much results are later at the moment than the nodes declare.
  Duration lag() const;

  /// Now on the feed's clock; nothing without a live source.
  std::optional<Timestamp> now() const;
  /// How long ago what lies at `t` arrived; zero when that is not known.
  Duration age(Timestamp t) const;
  std::shared_ptr<const std::atomic<int>> load_level() const { return policy_.level(); }
  std::shared_ptr<media::LiveInput> input() const;
  FeedPromise promise() const;
  /// What is promised from now on.
  void set_promise(const FeedPromise& promise);

  /// News of lateness since the last call; live/lateness.h.
  std::optional<bool> speech_lateness();
  std::optional<bool> caption_lateness();

  /// Fills in what it knows.
  void fill(FeedStatus& status) const;

 private:
  mutable std::mutex mutex_;
  FeedPromise promise_;
  std::shared_ptr<media::LiveInput> input_;
  live::LatencyMeter speech_;
  live::LatencyMeter captions_;
  live::Lateness speech_lateness_;
  live::Lateness caption_lateness_;
  live::LoadPolicy policy_;
  /// Up to where results are there, on the feed's clock; not before the last discontinuity.
  Timestamp done_{};
  std::int64_t discontinuities_ = 0;
  /// Since when results are to be expected: the last break.
  Timestamp expected_since_{};
  bool has_result_ = false;
  std::atomic<std::int64_t> captions_skipped_ = 0;
  std::atomic<std::int64_t> pictures_left_out_ = 0;
};

}  // namespace attune::service
