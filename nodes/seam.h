#pragma once

#include <string>

#include "core/time.h"

namespace attune::nodes {

/// Where to divide a recording near a time: at a full two seconds within eighteen of it, where
/// speech is least likely in the half second before and after; where there is no sound, the
/// nearest. The same for the same recording, whoever asks. `audio`: the track, as for
/// media::DemuxOptions. Throws as media::Demuxer does.
Timestamp find_seam(const std::string& input, const std::string& audio, Timestamp near);

}  // namespace attune::nodes
