#include "live/event_json.h"

#include <fmt/format.h>

#include <utility>

#include "captions/entity_json.h"
#include "captions/json_text.h"

namespace attune::live {
namespace {

using captions::json_members;
using captions::json_seconds;
using captions::json_string;

Event make_event(EventKind kind, const EventStamp& stamp, bool is_final, const TimeSpan& span,
                 std::string_view members) {
  Event event;
  event.kind = kind;
  event.feed = stamp.feed;
  event.is_final = is_final;
  event.span = span;
  event.json = fmt::format(
      R"({{"schema": "attune-event-1", "event": "{}", "feed": {}, "id": {}, "final": {}, )"
      R"("time": {}, "wall": "{}", {}}})",
      name(kind), json_string(stamp.feed), stamp.id, is_final, json_seconds(stamp.time),
      format_wall_time(stamp.wall), members);
  return event;
}

std::string words_member(const captions::Caption& caption) {
  std::string text = ", \"words\": [";
  for (std::size_t i = 0; i < caption.words.size(); ++i)
    text += (i > 0 ? ", {" : "{") + json_members(caption.words[i]) + '}';
  return text + ']';
}

std::string named(const align::SpeechSegment& segment, std::string_view name) {
  return fmt::format(R"({}, "name": {})", json_members(segment), json_string(name));
}

}  // namespace

std::string_view name(FeedNews news) {
  switch (news) {
    case FeedNews::kConnecting:
      return "connecting";
    case FeedNews::kRunning:
      return "running";
    case FeedNews::kWaiting:
      return "waiting";
    case FeedNews::kFailed:
      return "failed";
    case FeedNews::kEnded:
      return "ended";
    case FeedNews::kDiscontinuity:
      return "discontinuity";
    case FeedNews::kLate:
      return "late";
    case FeedNews::kInTime:
      return "in_time";
  }
  return "";
}

std::string format_wall_time(std::chrono::system_clock::time_point time) {
  // Not strftime: neither locale nor time zone have a say.
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::milliseconds>(time - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

Event caption_event(const EventStamp& stamp, std::shared_ptr<const captions::Caption> caption,
                    bool is_final) {
  Event event = make_event(EventKind::kCaption, stamp, is_final, caption->span,
                           json_members(*caption) + words_member(*caption));
  event.caption = std::move(caption);
  return event;
}

Event segment_event(const EventStamp& stamp, const align::SpeechSegment& segment,
                    std::string_view name) {
  return make_event(EventKind::kSegment, stamp, true, segment.span, named(segment, name));
}

Event speaking_event(const EventStamp& stamp, const align::SpeechSegment& so_far,
                     std::string_view name) {
  return make_event(EventKind::kSpeaking, stamp, false, so_far.span, named(so_far, name));
}

Event sync_event(const EventStamp& stamp, const align::SyncOffset& sync, bool is_final) {
  return make_event(EventKind::kSync, stamp, is_final, sync.span, json_members(sync));
}

Event load_event(const EventStamp& stamp, const LoadStep& step) {
  return make_event(
      EventKind::kLoad, stamp, true, {stamp.time, stamp.time},
      fmt::format(R"("level": {}, "before": {}, "effect": {}, "lag": {}, "budget": {})", step.to,
                  step.from, json_string(step.effect), json_seconds(step.lag),
                  json_seconds(step.budget)));
}

Event feed_event(const EventStamp& stamp, FeedNews news, std::string_view message) {
  return make_event(
      EventKind::kFeed, stamp, true, {stamp.time, stamp.time},
      fmt::format(R"("state": "{}", "message": {})", name(news), json_string(message)));
}

}  // namespace attune::live
