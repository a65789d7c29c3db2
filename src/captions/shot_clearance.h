#pragma once

#include <optional>
#include <span>

#include "captions/profile.h"
#include "core/time.h"

namespace attune::captions {

/// Moves in- and out-times of cues onto shot changes or away from them, as a profile wants it. The
/// profile and the ascending `cuts` must outlive the object.
class ShotClearance {
 public:
  ShotClearance(std::span<const Timestamp> cuts, const Profile& profile);

  /// The time nearest to t, not before `earliest`, that lies on a shot change or clear of them.
  Timestamp start(Timestamp t, Timestamp earliest) const;

  /// The time from `least` to `most` that a cue ends at, near t: the profile's gap before a shot
  /// change or clear of it.
  Timestamp end(Timestamp t, Timestamp least, Timestamp most) const;

  /// Whether the shot changes after `begin` and before or at `end`.
  bool has_change(Timestamp begin, Timestamp end) const;

 private:
  std::optional<Timestamp> near(Timestamp t) const;
  bool is_clear(Timestamp t) const { return !near(t); }

  std::span<const Timestamp> cuts_;
  const Profile& profile_;
};

}  // namespace attune::captions
