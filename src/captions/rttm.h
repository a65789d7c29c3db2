#pragma once

#include <string>

#include "captions/result.h"

namespace attune::captions {

/// The speaking segments as Rich Transcription Time Marked (NIST RT-09, section 9), one SPEAKER
/// line each, times in seconds with milliseconds, off-screen speech under its own name. Blanks in
/// names and in the file name become underscores: the format separates fields by blanks. Times
/// before zero are cut off.
std::string write_rttm(const Result& result);

}  // namespace attune::captions
