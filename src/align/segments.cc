#include "align/segments.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attune::align {
namespace {

/// How far apart two segments may be, and how much they may overlap, to touch.
constexpr TokenIndex kTouchingGap = 3;
constexpr TokenIndex kTouchingOverlap = 12;

bool touch(TokenIndex end, TokenIndex start) {
  return start - end <= kTouchingGap && end - start <= kTouchingOverlap;
}

float probability(float logit) {
  return 1 / (1 + std::exp(-logit));
}

}  // namespace

std::vector<SpeechSegment> SegmentBuilder::push(const AlignmentWindow& window) {
  for (int i = 0; i < window.length; ++i) {
    const TokenIndex tick = window.first + i;
    std::map<SpeakerId, Tick> ticks;
    for (const auto& [speaker, open] : open_) ticks[speaker] = {};
    bool somebody_speaks = false;
    for (const TrackAlignment& track : window.tracks) {
      const TokenIndex at = tick - track.first;
      if (at < 0 || at >= static_cast<TokenIndex>(track.speaking.size())) continue;
      const float p = probability(track.speaking[static_cast<std::size_t>(at)]);
      Tick& value = ticks[track.speaker];
      if (!value.track || p > value.probability) value = {p, track.track};
      somebody_speaks |= p >= options_.start_probability;
    }
    const float off_screen = probability(window.off_screen[static_cast<std::size_t>(i)]);
    ticks[0] = {somebody_speaks ? 0 : off_screen, std::nullopt};
    for (const auto& [speaker, value] : ticks) advance(speaker, tick, value);
  }
  next_ = window.first + window.length;
  return release(options_.in_order_of_end ? next_ + 1 : settled());
}

void SegmentBuilder::advance(SpeakerId speaker, TokenIndex tick, const Tick& value) {
  const float start =
      speaker == 0 ? options_.off_screen_start_probability : options_.start_probability;
  const float end = speaker == 0 ? options_.off_screen_end_probability : options_.end_probability;
  auto found = open_.find(speaker);
  const bool was_active = found != open_.end() && found->second.active;
  const bool active = value.probability >= (was_active ? end : start);

  if (found != open_.end()) {
    Open& open = found->second;
    const bool too_long = token_time(tick - open.start) >= options_.maximum_length;
    const bool paused = !active && token_time(tick + 1 - open.end) >= options_.minimum_pause;
    if (too_long || paused) {
      close(speaker, open);
      open_.erase(found);
      found = open_.end();
    }
  }
  if (!active) {
    if (found != open_.end()) found->second.active = false;
    return;
  }
  if (found == open_.end()) {
    Open fresh;
    fresh.start = tick;
    found = open_.emplace(speaker, fresh).first;
  }
  Open& open = found->second;
  open.active = true;
  open.end = tick + 1;
  open.probability_sum += value.probability;
  ++open.probability_count;
  if (value.track &&
      std::find(open.tracks.begin(), open.tracks.end(), *value.track) == open.tracks.end())
    open.tracks.push_back(*value.track);
}

SpeechSegment SegmentBuilder::segment_of(SpeakerId speaker, const Open& open) {
  SpeechSegment segment;
  segment.span = {token_time(open.start), token_time(open.end)};
  segment.speaker = speaker;
  segment.tracks = open.tracks;
  segment.confidence = static_cast<float>(open.probability_sum / open.probability_count);
  return segment;
}

void SegmentBuilder::close(SpeakerId speaker, const Open& open) {
  if (speaker == 0 && give_to_neighbour(open)) return;
  if (token_time(open.end - open.start) < options_.minimum_speech) return;
  waiting_.push_back(segment_of(speaker, open));
}

/// Short speech off screen becomes part of the turn that begins at its end or ended at its start.
bool SegmentBuilder::give_to_neighbour(const Open& off_screen) {
  if (token_time(off_screen.end - off_screen.start) > options_.maximum_edge) return false;
  for (auto& [speaker, open] : open_) {
    if (speaker == 0 || !touch(off_screen.end, open.start)) continue;
    open.start = off_screen.start;
    return true;
  }
  for (auto& [speaker, open] : open_) {
    if (speaker == 0 || !touch(open.end, off_screen.start)) continue;
    open.end = std::max(open.end, off_screen.end);
    return true;
  }
  for (SpeechSegment& segment : waiting_) {
    if (!segment.on_screen() || !touch(token_floor(segment.span.end), off_screen.start)) continue;
    segment.span.end = std::max(segment.span.end, token_time(off_screen.end));
    return true;
  }
  return false;
}

TokenIndex SegmentBuilder::settled() const {
  TokenIndex earliest = next_;
  for (const auto& [speaker, open] : open_) earliest = std::min(earliest, open.start);
  if (!open_.contains(0)) return earliest;
  for (const SpeechSegment& segment : waiting_)
    if (touch(token_floor(segment.span.end), open_.at(0).start))
      earliest = std::min(earliest, token_floor(segment.span.start));
  return earliest;
}

std::vector<SpeechSegment> SegmentBuilder::release(TokenIndex until) {
  std::stable_sort(waiting_.begin(), waiting_.end(), [](const auto& a, const auto& b) {
    return a.span.start != b.span.start ? a.span.start < b.span.start : a.speaker < b.speaker;
  });
  const auto keep = std::find_if(waiting_.begin(), waiting_.end(), [&](const SpeechSegment& s) {
    return s.span.start >= token_time(until);
  });
  std::vector<SpeechSegment> ready(waiting_.begin(), keep);
  waiting_.erase(waiting_.begin(), keep);
  return ready;
}

std::vector<SpeechSegment> SegmentBuilder::speaking() const {
  std::vector<SpeechSegment> segments;
  for (const auto& [speaker, open] : open_)
    if (token_time(open.end - open.start) >= options_.minimum_speech)
      segments.push_back(segment_of(speaker, open));
  return segments;
}

void SegmentBuilder::restart(TokenIndex first) {
  open_.clear();
  waiting_.clear();
  next_ = first;
}

std::vector<SpeechSegment> SegmentBuilder::flush() {
  for (const auto& [speaker, open] : open_) close(speaker, open);
  open_.clear();
  return release(std::numeric_limits<TokenIndex>::max() / kTokenPeriod.count());
}

}  // namespace attune::align
