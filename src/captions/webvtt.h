#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "captions/result.h"

namespace attune::captions {

/// The captions as WebVTT (W3C): each cue has an identifier and a voice span `<v Name>`, or one for
/// each line where people share it; a STYLE block gives each voice a colour, and a placed cue has
/// the settings line, position and size. A NOTE names the version of attune. Cues that end before
/// zero are left out.
std::string write_webvtt(const Result& result);

/// The same for a part of a longer programme: its first cue has this identifier instead of 1, so
/// that a cue keeps its own as parts follow each other.
std::string write_webvtt_part(const Result& result, std::int64_t first_identifier);

/// One cue block as in write_webvtt(): identifier, times with settings, and the lines with their
/// voices; ends with a line break, without the blank line that separates cues.
std::string webvtt_cue(const Caption& caption, std::int64_t identifier);

/// Reads WebVTT: times, voices, the settings line and position, and text without its markup;
/// identifiers, STYLE, REGION and NOTE blocks are skipped. Throws Error(kInput) with the line
/// number when it is no WebVTT or a cue's times cannot be read.
Result read_webvtt(std::string_view text);

}  // namespace attune::captions
