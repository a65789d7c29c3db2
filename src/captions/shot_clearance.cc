#include "captions/shot_clearance.h"

#include <algorithm>

namespace attune::captions {

ShotClearance::ShotClearance(std::span<const Timestamp> cuts, const Profile& profile)
    : cuts_(profile.snap_distance > Duration::zero() ? cuts : std::span<const Timestamp>{}),
      profile_(profile) {}

Timestamp ShotClearance::start(Timestamp t, Timestamp earliest) const {
  t = std::max(t, earliest);
  const std::optional<Timestamp> cut = near(t);
  if (!cut) return t;
  const Timestamp before = *cut - profile_.clear_distance;
  const Timestamp after = *cut + profile_.clear_distance;
  const bool is_near = std::chrono::abs(*cut - t) <= profile_.snap_distance;
  if (is_near && *cut >= earliest) return *cut;
  if (t < *cut) return before >= earliest && !is_near ? before : *cut;
  return is_clear(after) ? after : t;
}

Timestamp ShotClearance::end(Timestamp t, Timestamp least, Timestamp most) const {
  const Timestamp at = t + profile_.min_gap;
  const std::optional<Timestamp> cut = near(at);
  if (!cut) return t;
  const Timestamp on = *cut - profile_.min_gap;
  const bool past_near = t - *cut > profile_.snap_distance;
  const Timestamp after = *cut + profile_.clear_distance;
  if (past_near && after <= most && is_clear(after)) return after;
  if (on >= least && on <= most) return on;
  return after <= most && t > on ? after : t;
}

bool ShotClearance::has_change(Timestamp begin, Timestamp end) const {
  const auto next = std::upper_bound(cuts_.begin(), cuts_.end(), begin);
  return next != cuts_.end() && *next <= end;
}

/// The shot change nearest to t, when it is nearer than the clear distance.
std::optional<Timestamp> ShotClearance::near(Timestamp t) const {
  const Duration distance = profile_.clear_distance;
  std::optional<Timestamp> nearest;
  for (auto cut = std::lower_bound(cuts_.begin(), cuts_.end(), t - distance);
       cut != cuts_.end() && *cut < t + distance; ++cut) {
    const bool nearer = !nearest || std::chrono::abs(*cut - t) < std::chrono::abs(*nearest - t);
    if (*cut > t - distance && nearer) nearest = *cut;
  }
  return nearest;
}

}  // namespace attune::captions
