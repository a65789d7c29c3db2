#pragma once

#include <string>
#include <string_view>

#include "captions/result.h"

namespace attune::captions {

/// The cues and words as a Praat TextGrid, long text format in UTF-8 (Praat manual, "TextGrid file
/// formats"): an interval tier for each person, "Name", and for each person's words, "Name -
/// words"; another of the same name where something of one person overlaps. Silence is an interval
/// without text. Times in seconds with milliseconds.
std::string write_textgrid(const Result& result);

/// Reads the long and the short text format: intervals with text become cues, or words in tiers
/// named "words" and "Name - words". Point tiers are skipped. Throws Error(kInput) with the line.
Result read_textgrid(std::string_view text);

}  // namespace attune::captions
