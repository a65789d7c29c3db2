#include "align/face_tracker.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace attune::align {
namespace {

float mix(float a, float b, float share) {
  return a + (b - a) * share;
}

Face interpolate(const Face& a, const Face& b, float share) {
  Face face;
  face.box = {mix(a.box.x, b.box.x, share), mix(a.box.y, b.box.y, share),
              mix(a.box.width, b.box.width, share), mix(a.box.height, b.box.height, share)};
  for (std::size_t i = 0; i < face.landmarks.size(); ++i)
    face.landmarks[i] = {mix(a.landmarks[i].x, b.landmarks[i].x, share),
                         mix(a.landmarks[i].y, b.landmarks[i].y, share)};
  face.score = mix(a.score, b.score, share);
  return face;
}

void accumulate(Face& sum, const Face& face, float weight) {
  sum.box.x += weight * face.box.x;
  sum.box.y += weight * face.box.y;
  sum.box.width += weight * face.box.width;
  sum.box.height += weight * face.box.height;
  for (std::size_t i = 0; i < sum.landmarks.size(); ++i) {
    sum.landmarks[i].x += weight * face.landmarks[i].x;
    sum.landmarks[i].y += weight * face.landmarks[i].y;
  }
}

/// A box that lies mostly inside that of a surer face is a part of it, not another face.
constexpr float kPartOfAnother = 0.7f;

std::vector<Face> without_parts(std::vector<Face> faces) {
  std::stable_sort(faces.begin(), faces.end(),
                   [](const Face& a, const Face& b) { return a.score > b.score; });
  std::vector<Face> kept;
  for (const Face& face : faces) {
    const bool part = std::any_of(kept.begin(), kept.end(), [&](const Face& other) {
      return containment(face.box, other.box) > kPartOfAnother;
    });
    if (!part) kept.push_back(face);
  }
  return kept;
}

struct Match {
  float overlap;
  std::size_t track;
  std::size_t face;
};

}  // namespace

int FaceTracker::latency() const {
  if (options_.hold_after) return *options_.hold_after;
  return options_.maximum_gap + options_.smoothing_radius + options_.detection_period;
}

void FaceTracker::cut(TokenIndex) {
  for (Track& track : tracks_) track.ended = true;
}

Box FaceTracker::expected(const Track& track, TokenIndex tick) const {
  const Observation& last = track.observations.back();
  if (track.observations.size() < 2) return last.face.box;
  const Observation& before = track.observations[track.observations.size() - 2];
  const float ahead =
      static_cast<float>(tick - last.tick) / static_cast<float>(last.tick - before.tick);
  Box box = last.face.box;
  box.x += (last.face.box.x - before.face.box.x) * std::min(ahead, 2.0f);
  box.y += (last.face.box.y - before.face.box.y) * std::min(ahead, 2.0f);
  return box;
}

void FaceTracker::end_stale(TokenIndex tick) {
  for (Track& track : tracks_)
    if (tick - track.detected > options_.maximum_gap) track.ended = true;
}

/// Where a face was not seen again in time, it stays where it was.
void FaceTracker::hold(Track& track, TokenIndex tick) const {
  if (track.ended || track.last() >= tick) return;
  if (tick - track.detected > options_.maximum_gap) {
    // Also where nobody looks for faces any more.
    track.ended = true;
    return;
  }
  track.observations.push_back({tick, track.observations.back().face});
}

void FaceTracker::push(TokenIndex tick, const std::vector<Face>& detected) {
  end_stale(tick);
  const std::vector<Face> faces = without_parts(detected);
  std::vector<Match> matches;
  for (std::size_t t = 0; t < tracks_.size(); ++t) {
    if (tracks_[t].ended) continue;
    const Box place = expected(tracks_[t], tick);
    for (std::size_t f = 0; f < faces.size(); ++f) {
      const float common = std::max(iou(place, faces[f].box),
                                    iou(tracks_[t].observations.back().face.box, faces[f].box));
      if (common >= options_.minimum_iou) matches.push_back({common, t, f});
    }
  }
  std::stable_sort(matches.begin(), matches.end(),
                   [](const Match& a, const Match& b) { return a.overlap > b.overlap; });

  std::vector<bool> track_taken(tracks_.size());
  std::vector<bool> face_taken(faces.size());
  for (const Match& match : matches) {
    if (track_taken[match.track] || face_taken[match.face]) continue;
    track_taken[match.track] = face_taken[match.face] = true;
    tracks_[match.track].observations.push_back({tick, faces[match.face]});
    ++tracks_[match.track].detections;
    tracks_[match.track].detected = tick;
  }
  for (std::size_t f = 0; f < faces.size(); ++f) {
    if (face_taken[f] || faces[f].score < options_.start_score) continue;
    Track track;
    track.observations.push_back({tick, faces[f]});
    track.detections = 1;
    track.first = tick;
    track.detected = tick;
    tracks_.push_back(std::move(track));
  }
}

void FaceTracker::finish() {
  cut(0);
}

Face FaceTracker::smoothed(const Track& track, TokenIndex tick) const {
  const auto& seen = track.observations;
  const auto at = [&](TokenIndex t) {
    const auto after = std::lower_bound(
        seen.begin(), seen.end(), t, [](const Observation& o, TokenIndex v) { return o.tick < v; });
    if (after->tick == t) return after->face;
    const auto before = std::prev(after);
    return interpolate(
        before->face, after->face,
        static_cast<float>(t - before->tick) / static_cast<float>(after->tick - before->tick));
  };
  Face sum{};
  float total = 0;
  for (int d = -options_.smoothing_radius; d <= options_.smoothing_radius; ++d) {
    if (tick + d < seen.front().tick || tick + d > seen.back().tick) continue;
    const float x = static_cast<float>(d) / options_.smoothing_sigma;
    const float weight = std::exp(-0.5f * x * x);
    accumulate(sum, at(tick + d), weight);
    total += weight;
  }
  Face face{};
  accumulate(face, sum, 1 / total);
  face.score = at(tick).score;
  return face;
}

TrackSlice FaceTracker::slice(const Track& track, TokenIndex from, TokenIndex to) const {
  TrackSlice slice;
  slice.track = track.id;
  slice.speaker = track.id;
  slice.first = from;
  slice.begins = from == track.first;
  slice.ends = track.ended && to == track.last() + 1;
  for (TokenIndex tick = from; tick < to; ++tick) {
    const Face face = smoothed(track, tick);
    slice.boxes.push_back(face.box);
    slice.landmarks.push_back(face.landmarks);
    slice.scores.push_back(face.score);
  }
  return slice;
}

/// Tracks beyond the largest ones end before the window; their faces wait to be tracks again.
void FaceTracker::leave_out_small_faces(FaceTrackChunk& chunk) {
  const TokenIndex next = chunk.first + chunk.length;
  std::vector<Track*> shown;
  for (Track& track : tracks_)
    if (track.detections >= options_.minimum_detections && track.first < next &&
        track.last() >= chunk.first)
      shown.push_back(&track);
  if (std::ssize(shown) <= most_tracks_) return;
  std::stable_sort(shown.begin(), shown.end(), [](const Track* a, const Track* b) {
    const Box& left = a->observations.back().face.box;
    const Box& right = b->observations.back().face.box;
    return left.width * left.height > right.width * right.height;
  });
  for (Track* track : std::span(shown).subspan(static_cast<std::size_t>(most_tracks_))) {
    if (track->id != 0 && track->given >= chunk.first) {
      TrackSlice& end = chunk.tracks.emplace_back();
      end.track = end.speaker = track->id;
      end.first = chunk.first;
      end.ends = true;
    }
    track->id = 0;
    track->first = next;
  }
}

FaceTrackChunk FaceTracker::take(TokenIndex first, int length) {
  FaceTrackChunk chunk{.first = first, .length = length, .tracks = {}};
  if (most_tracks_ > 0) leave_out_small_faces(chunk);
  for (Track& track : tracks_) {
    if (track.detections < options_.minimum_detections) {
      track.first = std::max<TokenIndex>(track.first, first + length);
      continue;
    }
    if (options_.hold_after) hold(track, first + length - 1);
    const TokenIndex from = std::max(first, track.first);
    const TokenIndex to = std::min<TokenIndex>(first + length, track.last() + 1);
    const bool ended_late = track.ended && track.id != 0 && track.given == track.last() + 1;
    if (from >= to && !ended_late) continue;
    if (track.id == 0) track.id = next_id_++;
    chunk.tracks.push_back(slice(track, from, std::max(from, to)));
    chunk.tracks.back().ends |= ended_late;
    track.given = std::max(from, to);
  }
  std::sort(chunk.tracks.begin(), chunk.tracks.end(),
            [](const TrackSlice& a, const TrackSlice& b) { return a.track < b.track; });
  const TokenIndex keep = first + length - options_.smoothing_radius;
  std::erase_if(tracks_,
                [&](const Track& track) { return track.ended && track.last() < first + length; });
  for (Track& track : tracks_)
    while (track.observations.size() > 2 && track.observations[1].tick <= keep)
      track.observations.pop_front();
  return chunk;
}

}  // namespace attune::align
