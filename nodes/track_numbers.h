#pragma once

#include <map>
#include <vector>

#include "align/track.h"

namespace attune::nodes {

/// Gives the tracks of the successive parts of a recording the numbers that they have in the whole:
/// a face that is seen on both sides of a seam is one track, others are numbered as they come. Not
/// thread-safe.
class TrackNumbers {
 public:
  /// Local numbers of the part before mean nothing any more.
  void begin_part();
  /// A window of this part that lies before it, and that the part before has given out: its tracks
  /// are those at the same place.
  void compare(const align::FaceTrackChunk& window);
  /// A window of this part, in order of time.
  void add(const align::FaceTrackChunk& window);

  /// The number in the recording of a track that was seen in this part.
  align::TrackId number(align::TrackId local) const;
  /// The same window with these numbers.
  align::FaceTrackChunk numbered(align::FaceTrackChunk window) const;

 private:
  align::TrackId next_ = 1;
  std::map<align::TrackId, align::TrackId> numbers_;
  /// The windows given out last, without pictures, with numbers of the recording.
  std::vector<align::FaceTrackChunk> last_;
};

}  // namespace attune::nodes
