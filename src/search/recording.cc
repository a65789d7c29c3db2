#include "search/recording.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "captions/voices.h"
#include "search/word_alignment.h"

namespace attune::search {
namespace {

constexpr std::chrono::milliseconds kEarliestSound{-40};
constexpr std::chrono::milliseconds kLatestSound{60};
constexpr double kSureOfSync = 0.5;

/// Three decimals, as the result has them.
double rounded(float value) {
  return std::round(double{value} * 1000) / 1000;
}

TimeSpan rounded(const TimeSpan& span) {
  using std::chrono::milliseconds;
  return {std::chrono::round<milliseconds>(span.start), std::chrono::round<milliseconds>(span.end)};
}

std::vector<std::string> speakers_of(const captions::Caption& caption) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  };
  if (caption.line_voices.empty()) add(caption.speaker_name);
  for (const captions::Voice& voice : caption.line_voices) add(voice.name);
  return names;
}

IndexedCue cue_of(const captions::Caption& caption) {
  IndexedCue cue;
  cue.span = rounded(caption.span);
  cue.speakers = speakers_of(caption);
  cue.text = captions::joined(caption.lines, "\n");
  if (caption.words.empty()) return cue;
  for (const std::optional<std::size_t> word : words_of_tokens(cue.text, caption.words)) {
    auto& time = cue.token_times.emplace_back();
    if (word) time = {rounded(caption.words[*word].span), rounded(caption.words[*word].confidence)};
  }
  return cue;
}

class EventCollector {
 public:
  explicit EventCollector(const captions::Result& result) : result_(result) {
    for (const captions::Speaker& speaker : result.speakers) names_[speaker.id] = speaker.name;
  }

  std::vector<IndexedEvent> collect() {
    for (const align::SpeechSegment& segment : result_.segments) {
      IndexedEvent& event = add(segment.on_screen() ? "speech" : "off-screen", segment.span);
      event.speaker = names_[segment.speaker];
      event.confidence = rounded(segment.confidence);
    }
    for (std::size_t i = 1; i < result_.shots.size(); ++i)
      add("shot-change", {result_.shots[i].span.start, result_.shots[i].span.start});
    for (const align::SyncOffset& sync : result_.sync) add_sync(sync);
    const TimeSpan& media = result_.media.span;
    if (!result_.complete) add("incomplete", media);
    for (const std::string& note : result_.notes) add("note", media).text = note;
    std::stable_sort(events_.begin(), events_.end(),
                     [](const auto& a, const auto& b) { return a.span.start < b.span.start; });
    return std::move(events_);
  }

 private:
  IndexedEvent& add(std::string_view kind, const TimeSpan& span) {
    IndexedEvent& event = events_.emplace_back();
    event.kind = kind;
    event.span = rounded(span);
    return event;
  }

  void add_sync(const align::SyncOffset& sync) {
    const bool outside = sync.offset < kEarliestSound || sync.offset > kLatestSound;
    for (const std::string_view kind : {"sync", "out-of-sync"}) {
      if (kind == "out-of-sync" && !(outside && sync.confidence >= kSureOfSync)) continue;
      IndexedEvent& event = add(kind, sync.span);
      event.value = to_seconds(sync.offset);
      event.confidence = rounded(sync.confidence);
    }
  }

  const captions::Result& result_;
  std::map<align::SpeakerId, std::string> names_;
  std::vector<IndexedEvent> events_;
};

}  // namespace

Recording recording_of(const captions::Result& result) {
  Recording recording;
  recording.media = result.media.path;
  recording.title = result.media.title;
  recording.language = result.media.language;
  if (recording.language.empty() && result.media.audio)
    recording.language = result.media.audio->language;
  recording.span = rounded(result.media.span);
  for (const captions::Caption& caption : result.captions)
    recording.cues.push_back(cue_of(caption));
  std::stable_sort(recording.cues.begin(), recording.cues.end(),
                   [](const auto& a, const auto& b) { return a.span.start < b.span.start; });
  recording.events = EventCollector(result).collect();
  return recording;
}

std::vector<std::size_t> cues_at(const IndexedEvent& event, const std::vector<IndexedCue>& cues) {
  // Cues of others may overlap: the one that ends last need not start last.
  Duration longest{};
  for (const IndexedCue& cue : cues) longest = std::max(longest, cue.span.duration());
  const auto starts_before = [](const IndexedCue& cue, Timestamp t) { return cue.span.start < t; };
  auto cue = std::lower_bound(cues.begin(), cues.end(), event.span.start - longest, starts_before);
  std::vector<std::size_t> found;
  const bool instant = event.span.duration() == Duration::zero();
  for (; cue != cues.end() && cue->span.start <= event.span.end; ++cue)
    if (instant ? cue->span.contains(event.span.start)
                : overlap(event.span, cue->span) > Duration{})
      found.push_back(static_cast<std::size_t>(cue - cues.begin()));
  return found;
}

}  // namespace attune::search
