#include "media/timestamp_continuity.h"

namespace attune::media {

bool TimestampContinuity::is_jump(Duration step) const {
  return step < -kJump || (closes_forward_jumps_ && step > kJump);
}

Duration TimestampContinuity::shift_after_jump(int stream, const Stream& state, Timestamp time) {
  for (const auto& [other, other_state] : streams_) {
    const Duration step = time + other_state.shift - other_state.expected;
    if (other != stream && step >= -kJump && step <= kJump) return other_state.shift;
  }
  ++jumps_;
  return state.expected - time;
}

Duration TimestampContinuity::shift(int stream, Timestamp time, Duration duration) {
  const auto [it, is_new] = streams_.try_emplace(stream);
  Stream& state = it->second;
  if (is_new) {
    // A stream that appears after a jump of the others is on their clock.
    for (const auto& [other, other_state] : streams_) {
      if (other != stream) state.shift = other_state.shift;
    }
  } else if (is_jump(time + state.shift - state.expected)) {
    state.shift = shift_after_jump(stream, state, time);
  }
  state.expected = time + state.shift + duration;
  return state.shift;
}

}  // namespace attune::media
