#pragma once

#include <string>
#include <string_view>

#include "captions/result.h"

namespace attune::captions {

/// The captions as WebVTT (W3C): each cue has an identifier and one voice span, `<v Name>`, which
/// players may style; a NOTE names the version of attune. Cues that end before zero are left out.
std::string write_webvtt(const Result& result);

/// Reads WebVTT: times, voices and text without its markup; identifiers, settings, STYLE, REGION
/// and NOTE blocks are skipped. Throws Error(kInput) with the line number when it is no WebVTT or a
/// cue's times cannot be read.
Result read_webvtt(std::string_view text);

}  // namespace attune::captions
