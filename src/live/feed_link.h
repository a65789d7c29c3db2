#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "core/time.h"
#include "live/event.h"
#include "live/load_policy.h"
#include "live/monitor_view.h"
#include "media/live_input.h"

namespace attune::live {

/// What a live feed's service hears of results.
class ResultObserver {
 public:
  virtual ~ResultObserver() = default;
  /// A sink has dealt with the result for what ended at `end` of the feed's clock; thread-safe.
  virtual void result(const std::string& sink, Timestamp end) = 0;
  /// The feed's source, as soon as there is one; kept by the observer.
  virtual void source(std::shared_ptr<media::LiveInput> input) = 0;
  /// A final stretch of speech was left out because its captions would come too late.
  virtual void captions_skipped() = 0;
  /// A picture was not even decoded, because the feed falls behind.
  virtual void picture_left_out() = 0;
};

/// Fact (pipeline/node.h) of a live feed: how its nodes and its service talk to each other.
/// Everything in it is thread-safe and outlives the graph.
struct FeedLink {
  /// Gets the feed's events, beside what the nodes write by themselves.
  std::shared_ptr<EventSink> events;
  /// What the feed itself has to say goes to the sinks that the nodes add here. They hear
  /// it beyond the end of their graph: that it failed, or that the feed is over.
  std::shared_ptr<EventBus> news;
  /// Null where nobody can look.
  std::shared_ptr<MonitorSink> monitor;
  std::shared_ptr<ResultObserver> observer;
  /// Now on the feed's clock; nothing, or empty: what is worked on is no live feed, and its own
  /// time counts.
  std::function<std::optional<Timestamp>()> now;
  /// How long ago what lies at `t` of the feed's clock arrived; empty: not known.
  std::function<Duration(Timestamp t)> age;
  /// Whether the feed is at its end, rather than its graph alone; empty: it is.
  std::function<bool()> is_ending;
  /// Captions that would come later than this are not begun.
  Duration caption_budget = Duration::max();
  /// Null: never more than nothing.
  std::shared_ptr<const std::atomic<int>> load_level;

  /// What the nodes are to do without at the moment.
  LoadMeasures measures() const {
    return load_measures(load_level ? load_level->load(std::memory_order_relaxed) : 0);
  }
};

}  // namespace attune::live
