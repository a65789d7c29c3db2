#pragma once

#include <vector>

#include "captions/draft_cue.h"
#include "captions/profile.h"

namespace attune::captions {

/// Lets two speakers share a cue, one line each, where they speak at once or where a turn has no
/// time to stand alone: the next one starts before it was shown for the shortest duration. Both
/// lines must fit with the profile's dash before them, in a cue that is not too long; never more
/// than two. `cues` in order of the start of speech, and so are those returned.
std::vector<DraftCue> share_cues(std::vector<DraftCue> cues, const Profile& profile);

}  // namespace attune::captions
