#pragma once

#include <string>

#include "captions/result.h"

namespace attune::captions {

/// The recording as an OpenTimelineIO timeline (JSON, schemas Timeline.1, Stack.1, Track.1, Clip.1,
/// Marker.2): one clip, and a marker for each cue and voice, named after the speaker, with the text
/// as comment. Times in frames at the recording's frame rate, with fractions, so that milliseconds
/// are kept; in milliseconds where the rate is unknown.
std::string write_otio(const Result& result);

}  // namespace attune::captions
