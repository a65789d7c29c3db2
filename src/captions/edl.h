#pragma once

#include <string>

#include "captions/result.h"

namespace attune::captions {

/// The cues as markers in an edit decision list after CMX 3600: one event of one frame for each cue
/// and voice, with the comment lines " |C:colour |M:Name: text |D:frames" (DaVinci Resolve) and
/// "* LOC: time colour text" (Avid). Time codes at the recording's frame rate (25 where it is
/// unknown), from 00:00:00:00. Lines of a cue become one; "|" becomes "/".
std::string write_edl(const Result& result);

}  // namespace attune::captions
