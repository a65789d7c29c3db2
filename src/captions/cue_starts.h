#pragma once

#include <span>
#include <vector>

#include "captions/cue_timing.h"
#include "captions/shot_clearance.h"

namespace attune::captions {

/// When cues start: the ways to place them are weighed for the whole recording, cue by cue (dynamic
/// programming over the start of the latest cue). What costs, most first: a cue that is gone before
/// it was read, the more the larger the part that there was no time for; one that starts before its
/// speech; one that starts after it. At least `shortest` and the profile's gap lie between starts.
///
/// A cue waits for the one before to be read for at most limits.delay, and starts early, by at most
/// limits.lead, only where it could not be read otherwise: never before the cue before it was read
/// and its speech has ended, and never in another shot than its speech.
std::vector<Timestamp> cue_starts(std::span<const CueTiming> cues, const ShotClearance& shots,
                                  Duration shortest, Duration gap, const CueShift& limits);

}  // namespace attune::captions
