#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "captions/caption.h"
#include "core/time.h"

namespace attune::live {

/// The header of a WebVTT segment that begins at `start` of the feed's clock (RFC 8216, 3.5): which
/// value of the transport stream's 90 kHz counter, 33 bits of it, belongs to which time of the
/// cues. These are the feed's own times, the same in every segment. The pair moves on by the hour,
/// so that players need not look far beyond a counter that wraps, and cues that are repeated in
/// segments beside each other come out at the same time to the last bit.
std::string webvtt_segment_header(Timestamp start);

/// Final captions on their way into the WebVTT segments of a feed. A cue goes into every segment
/// that it overlaps, in order of time; its identifier stays the same.
///
/// A cue that comes when a segment with a part of it has been written already is late: it goes into
/// the segments that are still to come, at least into the next one, with its own times, so that a
/// player that is far enough behind still shows it whole. Memory: the cues that have not been
/// written yet, at most 4096; beyond, the oldest are dropped. Not thread-safe.
class HlsCaptions {
 public:
  void add(captions::Caption caption);
  /// The WebVTT file beside the segment of sound and picture over `span`; segments come in order.
  std::string write_segment(const TimeSpan& span);

  std::int64_t captions() const { return next_identifier_ - 1; }
  std::int64_t late() const { return late_; }
  std::int64_t dropped() const { return dropped_; }

 private:
  struct Cue {
    captions::Caption caption;
    std::int64_t identifier = 0;
    bool is_written = false;
  };

  /// In order of start.
  std::deque<Cue> cues_;
  std::int64_t next_identifier_ = 1;
  std::int64_t late_ = 0;
  std::int64_t dropped_ = 0;
  /// End of the last segment written.
  Timestamp written_to_ = Timestamp::min();
};

}  // namespace attune::live
