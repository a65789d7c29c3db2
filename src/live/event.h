#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "captions/caption.h"
#include "core/time.h"

namespace attune::live {

enum class EventKind {
  /// The feed itself: connected, lost, a jump of its clock, latency over the budget.
  kFeed,
  /// Somebody begins or goes on to speak; not final.
  kSpeaking,
  /// Who spoke from when to when.
  kSegment,
  kCaption,
  /// Offset of sound to picture.
  kSync,
  /// A step of the policy for falling behind.
  kLoad,
};

/// "feed", "speaking", "segment", "caption", "sync", "load".
std::string_view name(EventKind kind);

/// Something that happened on a feed, for people and programs outside. Immutable.
struct Event {
  EventKind kind = EventKind::kFeed;
  std::string feed;
  /// False: a later event of this kind replaces it. What is final never changes.
  bool is_final = true;
  /// On the feed's clock, which begins at zero with the feed.
  TimeSpan span{};
  /// One JSON object after docs/schema/event.schema.json, UTF-8, without a line break.
  std::string json;
  /// Of kCaption, else null.
  std::shared_ptr<const captions::Caption> caption;
};

/// Takes events of one or several feeds. take() is thread-safe, does not throw and returns at once:
/// what a sink cannot pass on in time it drops and counts.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void take(const Event& event) = 0;
};

/// Passes each event to every sink, in order. Thread-safe.
class EventBus final : public EventSink {
 public:
  /// One that is there already is not added again.
  void add(std::shared_ptr<EventSink> sink);
  void take(const Event& event) override;

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<EventSink>> sinks_;
};

}  // namespace attune::live
