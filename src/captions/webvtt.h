#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "captions/caption.h"
#include "captions/result.h"

namespace attune::captions {

/// The captions as WebVTT (W3C): each cue has an identifier and one voice span, `<v Name>`, which
/// players may style; a NOTE names the version of attune. Cues that end before zero are left out.
std::string write_webvtt(const Result& result);

/// Reads WebVTT: times, voice names and text without its markup; identifiers, settings, STYLE,
/// REGION and NOTE blocks are skipped. Speakers are numbered from 1 in order of appearance; cues
/// without a voice or with the voice `off_screen` have speaker 0. Words are not restored. Throws
/// Error(kInput) with the line number when it is no WebVTT or a cue's times cannot be read.
std::vector<Caption> read_webvtt(std::string_view text, std::string_view off_screen = "Off-screen");

}  // namespace attune::captions
