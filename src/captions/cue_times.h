#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"

namespace attune::captions {

/// "01:02:03.456" for WebVTT, "01:02:03,456" for SRT; hours grow beyond two digits. Captions cannot
/// lie before zero: negative times become zero.
std::string cue_time(Timestamp t, char decimal_mark);

/// "01:02:03.456 --> 01:02:05.000".
std::string cue_times(const TimeSpan& span, char decimal_mark);

/// Reads such a line; the hours may be missing, the decimal mark may be a point or a comma, and cue
/// settings may follow. Throws Error(kInput) that says what is wrong: a time that cannot be read,
/// or an end before the start.
TimeSpan parse_cue_times(std::string_view line);

/// Reads one time: "01:02:03.456" or "02:03,456". Nothing when it is none.
std::optional<Timestamp> parse_cue_time(std::string_view text);

}  // namespace attune::captions
