#pragma once

#include <string>
#include <string_view>

#include "captions/result.h"

namespace attune::captions {

/// The cues as a table (RFC 4180): a header, then start,end,speaker,text,confidence, times in
/// seconds with milliseconds, lines of a text with line feeds between them. Where people share a
/// cue, each has a row. The confidence is the mean of the words', or empty where there are none.
std::string write_cue_csv(const Result& result);

/// Reads such a table. Its header names the columns, in any order: start, end and text, and where
/// there are such, speaker and confidence; other columns are skipped. Times may also be written
/// 01:02:03.456. Throws Error(kInput) with the line where it is no such table.
Result read_cue_csv(std::string_view text);

}  // namespace attune::captions
