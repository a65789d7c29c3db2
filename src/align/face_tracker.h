#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "align/face.h"
#include "align/track.h"
#include "core/time.h"

namespace attune::align {

struct FaceTrackerOptions {
  /// Detections below this score start no track; they may continue one.
  float start_score = 0.6f;
  /// Smallest overlap with the expected place of a face.
  float minimum_iou = 0.25f;
  /// A face may be missed for this many ticks before its track ends.
  int maximum_gap = 13;
  /// Ticks between detections; smaller than maximum_gap.
  int detection_period = 4;
  /// Detections that a track needs before its ticks are given out; fewer are taken for false
  /// alarms.
  int minimum_detections = 3;
  /// Truncated Gaussian that smooths boxes and landmarks, in ticks.
  float smoothing_sigma = 3;
  int smoothing_radius = 7;
  /// Ticks beyond its own that a tick may wait for; nothing: until it is known whether the face is
  /// seen again. A face that was not seen since stays where it was until its track ends.
  std::optional<int> hold_after = std::nullopt;
};

/// Follows faces from detection to detection: joins detections by overlap, fills the ticks between
/// them linearly, smooths over time. Tracks never cross a cut; two faces of one picture never share
/// a track. Tracks are numbered in the order in which they are given out. Deterministic. Memory:
/// the tracks of the last `latency()` ticks. With hold_after, a track may end with a slice without
/// ticks: that it was over was known too late.
class FaceTracker {
 public:
  explicit FaceTracker(FaceTrackerOptions options = {}) : options_(options) {}

  /// The first tick of a new shot: ends every track before it. Before detections at or after it.
  void cut(TokenIndex tick);
  /// Ticks must increase.
  void push(TokenIndex tick, const std::vector<Face>& detected);

  /// How many ticks after a tick must have been pushed before its tracks are final.
  int latency() const;
  /// The tracks over [first, first + length), to be taken in order, each window once, and not
  /// before push() has seen first + length + latency().
  FaceTrackChunk take(TokenIndex first, int length);

  /// From the next take() on at most so many tracks are given out, the largest faces; 0: all. Where
  /// a face comes back, it is a new track.
  void set_most_tracks(int count) { most_tracks_ = count; }

  /// Ends every track; take() then returns what is left.
  void finish();
  /// Forgets every track, so that the ticks may begin anew; numbers go on.
  void restart() { tracks_.clear(); }

  /// The number of the next new track, for a tracker that goes on where this one ends.
  TrackId next_id() const { return next_id_; }
  void number_from(TrackId next) { next_id_ = next; }

 private:
  struct Observation {
    TokenIndex tick;
    Face face;
  };
  struct Track {
    /// Given when the first of its ticks is given out, so that false alarms take no number.
    TrackId id = 0;
    std::deque<Observation> observations;
    int detections = 0;
    bool ended = false;
    /// Ticks before this one have been given out.
    TokenIndex given = 0;
    /// The last detection; observations after it are held.
    TokenIndex detected = 0;
    TokenIndex first = 0;
    TokenIndex last() const { return observations.back().tick; }
  };

  Box expected(const Track& track, TokenIndex tick) const;
  void end_stale(TokenIndex tick);
  void hold(Track& track, TokenIndex tick) const;
  void leave_out_small_faces(FaceTrackChunk& chunk);
  TrackSlice slice(const Track& track, TokenIndex from, TokenIndex to) const;
  Face smoothed(const Track& track, TokenIndex tick) const;

  FaceTrackerOptions options_;
  std::vector<Track> tracks_;
  int most_tracks_ = 0;
  TrackId next_id_ = 1;
};

}  // namespace attune::align
