#pragma once

#include <string>
#include <string_view>

#include "captions/result.h"

namespace attune::captions {

/// The speaking segments as Rich Transcription Time Marked (NIST RT-09, section 9), one SPEAKER
/// line each, times in seconds with milliseconds, off-screen speech under its own name. Blanks in
/// names and in the file name become underscores: the format separates fields by blanks. Times
/// before zero are cut off.
std::string write_rttm(const Result& result);

/// Reads the SPEAKER lines of one recording; other types and comments (;;) are skipped. Names stay
/// as they are; "Off-screen" is speaker 0, the others are numbered from 1 in order of their first
/// line. Throws Error(kInput) with the line where it is no RTTM, or where a second recording
/// begins.
Result read_rttm(std::string_view text);

}  // namespace attune::captions
