#include "live/event.h"

#include <algorithm>

namespace attune::live {

std::string_view name(EventKind kind) {
  switch (kind) {
    case EventKind::kFeed:
      return "feed";
    case EventKind::kSpeaking:
      return "speaking";
    case EventKind::kSegment:
      return "segment";
    case EventKind::kCaption:
      return "caption";
    case EventKind::kSync:
      return "sync";
    case EventKind::kLoad:
      return "load";
  }
  return "";
}

void EventBus::add(std::shared_ptr<EventSink> sink) {
  const std::lock_guard lock(mutex_);
  if (std::ranges::find(sinks_, sink) == sinks_.end()) sinks_.push_back(std::move(sink));
}

void EventBus::take(const Event& event) {
  const std::lock_guard lock(mutex_);
  for (const auto& sink : sinks_) sink->take(event);
}

}  // namespace attune::live
