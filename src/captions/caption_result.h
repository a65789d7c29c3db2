#pragma once

#include <string>
#include <vector>

#include "captions/result.h"

namespace attune::captions {

/// A word as a reader finds it: who says it has a name, no number.
struct NamedWord {
  align::Word word;
  std::string speaker;
};

/// A result made of captions and words alone, as a reader finds them: names are given, numbers are
/// not. People are numbered from 1 in order of their first cue; no name and "Off-screen" are
/// speaker 0. Captions and words come in order of start time; captions without text are left out.
/// Times are rounded to milliseconds, and a cue lasts at least one. There is one segment for each
/// cue and voice with a name, of confidence 1, and the media's span reaches from zero to the end of
/// the last cue.
Result result_of(std::vector<Caption> captions, std::vector<NamedWord> words = {});

}  // namespace attune::captions
