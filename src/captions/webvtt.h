#pragma once

#include <string>
#include <string_view>

#include "captions/result.h"

namespace attune::captions {

/// The captions as WebVTT (W3C): each cue has an identifier and a voice span `<v Name>`, or one for
/// each line where people share it; a STYLE block gives each voice a colour, and a placed cue has
/// the settings line, position and size. A NOTE names the version of attune. Cues that end before
/// zero are left out.
std::string write_webvtt(const Result& result);

/// Reads WebVTT: times, voices, the settings line and position, and text without its markup;
/// identifiers, STYLE, REGION and NOTE blocks are skipped. Throws Error(kInput) with the line
/// number when it is no WebVTT or a cue's times cannot be read.
Result read_webvtt(std::string_view text);

}  // namespace attune::captions
