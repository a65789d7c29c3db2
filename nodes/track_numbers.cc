#include "nodes/track_numbers.h"

#include <algorithm>

#include "core/error.h"

namespace attune::nodes {
namespace {

using align::FaceTrackChunk;
using align::TrackSlice;

/// Windows of a second that are kept for comparison: those of the overlap.
constexpr std::size_t kLastWindows = 3;
/// Two trackers that see the same pictures put the boxes at nearly the same place.
constexpr float kSamePlace = 0.7F;

/// Mean over the ticks that both have; 0 when there are none.
float mean_overlap(const TrackSlice& a, const TrackSlice& b) {
  const TokenIndex from = std::max(a.first, b.first);
  const TokenIndex to = std::min(a.first + a.length(), b.first + b.length());
  if (from >= to) return 0;
  float sum = 0;
  for (TokenIndex tick = from; tick < to; ++tick)
    sum += align::iou(a.boxes[static_cast<std::size_t>(tick - a.first)],
                      b.boxes[static_cast<std::size_t>(tick - b.first)]);
  return sum / static_cast<float>(to - from);
}

FaceTrackChunk boxes_of(const FaceTrackChunk& window) {
  FaceTrackChunk boxes{.first = window.first, .length = window.length, .tracks = {}};
  for (const TrackSlice& slice : window.tracks) {
    TrackSlice& kept = boxes.tracks.emplace_back();
    kept.track = slice.track;
    kept.first = slice.first;
    kept.boxes = slice.boxes;
  }
  return boxes;
}

}  // namespace

void TrackNumbers::begin_part() {
  numbers_.clear();
}

void TrackNumbers::compare(const FaceTrackChunk& window) {
  struct Match {
    float overlap;
    align::TrackId local;
    align::TrackId number;
  };
  std::vector<Match> matches;
  for (const FaceTrackChunk& known : last_) {
    if (known.first != window.first) continue;
    for (const TrackSlice& local : window.tracks)
      for (const TrackSlice& slice : known.tracks)
        if (const float overlap = mean_overlap(local, slice); overlap >= kSamePlace)
          matches.push_back({overlap, local.track, slice.track});
  }
  std::stable_sort(matches.begin(), matches.end(),
                   [](const Match& a, const Match& b) { return a.overlap > b.overlap; });
  for (const Match& match : matches) {
    const bool is_taken = std::any_of(numbers_.begin(), numbers_.end(), [&](const auto& entry) {
      return entry.second == match.number;
    });
    if (!is_taken) numbers_.emplace(match.local, match.number);
  }
}

void TrackNumbers::add(const FaceTrackChunk& window) {
  for (const TrackSlice& slice : window.tracks)
    if (numbers_.emplace(slice.track, next_).second) ++next_;
  last_.push_back(numbered(boxes_of(window)));
  if (last_.size() > kLastWindows) last_.erase(last_.begin());
}

align::TrackId TrackNumbers::number(align::TrackId local) const {
  const auto found = numbers_.find(local);
  if (found == numbers_.end())
    throw Error(ErrorKind::kInternal, "a part of a recording has tokens of a track without boxes");
  return found->second;
}

FaceTrackChunk TrackNumbers::numbered(FaceTrackChunk window) const {
  for (TrackSlice& slice : window.tracks) {
    // Until it has a person, a track stands for one.
    slice.track = slice.speaker = number(slice.track);
  }
  std::sort(window.tracks.begin(), window.tracks.end(),
            [](const TrackSlice& a, const TrackSlice& b) { return a.track < b.track; });
  return window;
}

}  // namespace attune::nodes
