#pragma once

#include <map>
#include <optional>

#include "core/time.h"

namespace attune::media {

/// Keeps the clock of a broadcast continuous: where all streams of an input jump (a counter that
/// wraps or restarts, recordings joined end to end), later times are shifted so that they go on
/// from where they were, by the same amount in every stream. A stream that jumps alone merely has a
/// gap, and keeps its times. Not thread-safe.
class TimestampContinuity {
 public:
  /// A jump is a step of more than this between packets of one stream.
  static constexpr Duration kJump = std::chrono::seconds(10);

  /// `closes_forward_jumps`: whether steps forward count as jumps (broadcast formats) or as pauses
  /// (files with an index). Steps backward always count.
  explicit TimestampContinuity(bool closes_forward_jumps)
      : closes_forward_jumps_(closes_forward_jumps) {}

  /// What to add to the times of a packet of `stream` whose decoding time is `time` and which lasts
  /// for `duration`. Call for every packet in the order read.
  Duration shift(int stream, Timestamp time, Duration duration);

  /// How many times the clock has jumped so far.
  int jumps() const { return jumps_; }

 private:
  struct Stream {
    Duration shift{};
    /// Where the next packet is expected, on the continuous clock.
    Timestamp expected{};
  };

  bool is_jump(Duration step) const;
  Duration shift_after_jump(int stream, const Stream& state, Timestamp time);

  bool closes_forward_jumps_;
  int jumps_ = 0;
  std::map<int, Stream> streams_;
};

}  // namespace attune::media
