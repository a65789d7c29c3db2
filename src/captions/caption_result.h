#pragma once

#include <vector>

#include "captions/result.h"

namespace attune::captions {

/// A result made of captions alone, as a reader finds them: names are given, numbers are not.
/// People are numbered from 1 in order of their first cue; no name and "Off-screen" are speaker 0.
/// There is one segment for each cue and voice with a name, of confidence 1, and the media's span
/// reaches from zero to the end of the last cue.
Result result_of(std::vector<Caption> captions);

}  // namespace attune::captions
