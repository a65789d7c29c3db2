#pragma once

#include <string>
#include <string_view>

#include "captions/result.h"

namespace attune::captions {

/// The captions as SubRip. The format knows no voices: where the speaker changes, the cue begins
/// with "Name: ", which does not count towards the length of its line; where people share a cue,
/// their lines begin with hyphens. Cues that end before zero are left out. No captions give an
/// empty text, which is what an SRT file without cues is.
std::string write_srt(const Result& result);

/// Reads SubRip: times and lines without the tags <b>, <i>, <u>, <s>, <font> and {\...}. Speakers
/// are not restored: "Name: " stays in the text. Throws Error(kInput) with the line number when a
/// cue's times cannot be read.
Result read_srt(std::string_view text);

}  // namespace attune::captions
