#pragma once

#include <string_view>

#include "captions/result.h"

namespace attune::captions {

/// Reads what write_result_json() wrote: version, media, speakers, segments, captions, words, notes
/// and offsets; models, tracks and blank lines are skipped. Each word of the list is also given to
/// the caption of its speaker that is on display at its middle. Throws Error(kInput) with line and
/// column where it is no JSON, and with list and number of the entry where one is not as the schema
/// says.
Result read_result_json(std::string_view text);

}  // namespace attune::captions
