#pragma once

#include <string>
#include <string_view>

#include "captions/result.h"

namespace attune::captions {

/// The captions as TTML2 after the text profile of IMSC 1.1 (W3C): an agent for each speaker, whose
/// id each paragraph or, where people share a cue, each span names; colours and places by styles
/// and regions. Cues that end before zero are left out.
std::string write_ttml(const Result& result);

/// The same as EBU-TT-D (EBU Tech 3380), the profile that European broadcasters distribute.
std::string write_ebu_tt_d(const Result& result);

/// Reads TTML of any profile: paragraphs with their times (clock times, frames, ticks, offsets;
/// relative to those around them), lines, agents, and regions placed in per cent; styles are
/// skipped, and white space is treated as xml:space says. Throws Error(kInput) with the line where
/// it is no TTML or a paragraph has no times; containers in sequence (timeContainer="seq") and
/// clock or SMPTE discontinuous time bases are refused.
Result read_ttml(std::string_view text);

}  // namespace attune::captions
