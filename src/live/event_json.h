#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "align/speech.h"
#include "captions/caption.h"
#include "core/time.h"
#include "live/event.h"

namespace attune::live {

/// What every event says of itself. Its JSON is after docs/schema/event.schema.json.
struct EventStamp {
  std::string feed;
  /// Of the thing that the event is about, from 1 within the feed: versions of one caption have the
  /// same, from the first partial to the final one, and so do the speaking events of a stretch and
  /// the segment that it becomes. Others count on.
  std::int64_t id = 1;
  /// When it was found, on the feed's clock: later than the end of what it says by the latency.
  Timestamp time{};
  /// The same moment as time of day.
  std::chrono::system_clock::time_point wall{};
};

/// What became of a feed.
enum class FeedNews {
  kConnecting,
  kRunning,
  /// Lost; tried again.
  kWaiting,
  kFailed,
  kEnded,
  /// What comes now does not follow what came before.
  kDiscontinuity,
  /// Results come later than the latency promised, and no longer do.
  kLate,
  kInTime,
};

/// "connecting", "running", "waiting", "failed", "ended", "discontinuity", "late", "in_time".
std::string_view name(FeedNews news);

/// A step of the policy for falling behind (live/load_policy.h).
struct LoadStep {
  int from = 0;
  int to = 0;
  /// What `to` does, for people.
  std::string effect;
  /// How much longer results took than the nodes declare, and the latency promised.
  Duration lag{};
  Duration budget{};
};

/// The words of the caption are written with it. `caption` must not be null.
Event caption_event(const EventStamp& stamp, std::shared_ptr<const captions::Caption> caption,
                    bool is_final);

/// `name` is the speaker's.
Event segment_event(const EventStamp& stamp, const align::SpeechSegment& segment,
                    std::string_view name);

/// The same of a stretch that goes on: `so_far` ends where it is known to; not final.
Event speaking_event(const EventStamp& stamp, const align::SpeechSegment& so_far,
                     std::string_view name);

Event sync_event(const EventStamp& stamp, const align::SyncOffset& sync, bool is_final);

Event load_event(const EventStamp& stamp, const LoadStep& step);

/// `message` is for people, without secrets; it may be empty.
Event feed_event(const EventStamp& stamp, FeedNews news, std::string_view message);

/// "2031-05-17T08:09:10.042Z" (RFC 3339).
std::string format_wall_time(std::chrono::system_clock::time_point time);

}  // namespace attune::live
