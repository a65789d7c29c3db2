#pragma once

#include <cstdint>
#include <string>

#include "core/time.h"

namespace attune::captions {

/// Time codes after SMPTE ST 12-1 at a frame rate. 30000/1001 and 60000/1001 frames per second are
/// counted with dropped numbers, so that the code keeps to the clock; 24000/1001 is counted as 24.
class Timecode {
 public:
  /// Frames per second, from 1 to 1000; 25 where it is 0, unknown.
  explicit Timecode(double frame_rate);

  double frame_rate() const { return frame_rate_; }
  bool drops_frames() const { return dropped_ > 0; }

  /// The frame on display at t, from 0; times before zero give 0.
  std::int64_t frame(Timestamp t) const;

  /// "01:02:03:12", or "01:02:03;12" where numbers are dropped; hours grow beyond 23.
  std::string code(std::int64_t frame) const;

 private:
  double frame_rate_;
  /// Numbers in a second.
  std::int64_t nominal_;
  /// Numbers left out at the start of each minute but every tenth.
  std::int64_t dropped_ = 0;
};

}  // namespace attune::captions
