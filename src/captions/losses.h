#pragma once

#include <string>
#include <vector>

#include "captions/formats.h"

namespace attune::captions {

/// What of the result a file of this format cannot hold, in clauses for a person: "srt has no
/// voices: names are written in the text". Only what the result has is missed.
std::vector<std::string> losses(const Result& result, const Format& format);

}  // namespace attune::captions
