#include "captions/attribution.h"

#include <algorithm>

namespace attune::captions {
namespace {

using align::AlignmentWindow;
using align::SpeakerId;
using align::SpeechSegment;
using Windows = std::span<const std::shared_ptr<const AlignmentWindow>>;

/// Share of the sound at a tick that this speaker explains.
float share(const AlignmentWindow& window, SpeakerId speaker, TokenIndex tick) {
  if (speaker == 0) {
    const auto i = static_cast<std::size_t>(tick - window.first);
    return i < window.null_mass.size() ? window.null_mass[i] : 0;
  }
  float sum = 0;
  for (const align::TrackAlignment& track : window.tracks) {
    const TokenIndex i = tick - track.first;
    if (track.speaker != speaker || i < 0 || i >= static_cast<TokenIndex>(track.mass.size())) {
      continue;
    }
    sum += track.mass[static_cast<std::size_t>(i)];
  }
  return sum;
}

/// Integral over the span of the speaker's share of the sound, in seconds.
double explained(Windows windows, SpeakerId speaker, const TimeSpan& span) {
  const auto ends_before = [](const auto& window, Timestamp t) { return window->span().end <= t; };
  auto window = std::lower_bound(windows.begin(), windows.end(), span.start, ends_before);
  double sum = 0;
  for (; window != windows.end() && (*window)->span().start < span.end; ++window) {
    const TokenIndex begin = std::max((*window)->first, token_floor(span.start));
    const TokenIndex end = std::min((*window)->first + (*window)->length, token_ceil(span.end));
    for (TokenIndex tick = begin; tick < end; ++tick) {
      const Duration part = overlap(span, {token_time(tick), token_time(tick + 1)});
      sum += to_seconds(part) * share(**window, speaker, tick);
    }
  }
  return sum;
}

struct Candidate {
  SpeakerId speaker = 0;
  Duration overlapped{};
  double explained = 0;
};

class Attributor {
 public:
  Attributor(std::span<const SpeechSegment> segments, Windows windows, Duration reach)
      : segments_(segments), windows_(windows), reach_(reach) {
    latest_end_.reserve(segments.size());
    for (const SpeechSegment& segment : segments) {
      const Timestamp before = latest_end_.empty() ? segment.span.end : latest_end_.back();
      latest_end_.push_back(std::max(before, segment.span.end));
    }
  }

  SpeakerId speaker_of(const TimeSpan& word) const {
    const std::vector<Candidate> candidates = overlapping(word);
    if (candidates.empty()) return nearest(word);
    const bool explained = std::any_of(candidates.begin(), candidates.end(),
                                       [](const Candidate& c) { return c.explained > 0; });
    return std::max_element(candidates.begin(), candidates.end(),
                            [explained](const Candidate& a, const Candidate& b) {
                              return explained ? a.explained < b.explained
                                               : a.overlapped < b.overlapped;
                            })
        ->speaker;
  }

 private:
  /// The segments that may lie within `reach` of the word, in order of start.
  std::span<const SpeechSegment> around(const TimeSpan& word) const {
    const auto first =
        std::lower_bound(latest_end_.begin(), latest_end_.end(), word.start - reach_);
    const auto last = std::upper_bound(
        segments_.begin(), segments_.end(), word.end + reach_,
        [](Timestamp t, const SpeechSegment& segment) { return t < segment.span.start; });
    const auto begin = static_cast<std::size_t>(first - latest_end_.begin());
    const auto end = static_cast<std::size_t>(last - segments_.begin());
    return begin < end ? segments_.subspan(begin, end - begin) : std::span<const SpeechSegment>{};
  }

  std::vector<Candidate> overlapping(const TimeSpan& word) const {
    std::vector<Candidate> candidates;
    for (const SpeechSegment& segment : around(word)) {
      const TimeSpan common{std::max(word.start, segment.span.start),
                            std::min(word.end, segment.span.end)};
      if (common.duration() <= Duration::zero()) continue;
      auto candidate = std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& c) {
        return c.speaker == segment.speaker;
      });
      if (candidate == candidates.end()) {
        candidate = candidates.insert(candidate, Candidate{segment.speaker, {}, 0});
      }
      candidate->overlapped += common.duration();
      candidate->explained += explained(windows_, segment.speaker, common);
    }
    return candidates;
  }

  SpeakerId nearest(const TimeSpan& word) const {
    SpeakerId speaker = 0;
    Duration least = reach_;
    bool found = false;
    for (const SpeechSegment& segment : around(word)) {
      const Duration distance =
          std::max(segment.span.start - word.end, word.start - segment.span.end);
      if (distance > least || (found && distance == least)) continue;
      found = true;
      least = distance;
      speaker = segment.speaker;
    }
    return speaker;
  }

  std::span<const SpeechSegment> segments_;
  Windows windows_;
  Duration reach_;
  /// Per segment: the latest end of it and all earlier ones.
  std::vector<Timestamp> latest_end_;
};

}  // namespace

std::vector<align::Word> attribute_words(std::vector<align::Word> words,
                                         std::span<const SpeechSegment> segments, Windows windows,
                                         const AttributionOptions& options) {
  const Attributor attributor(segments, windows, options.reach);
  for (align::Word& word : words) word.speaker = attributor.speaker_of(word.span);
  return words;
}

}  // namespace attune::captions
