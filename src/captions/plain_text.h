#pragma once

#include <string>

#include "captions/result.h"

namespace attune::captions {

/// The text to read: one paragraph for each turn of a speaker, "Name: text", with a blank line
/// between paragraphs. No times.
std::string write_plain_text(const Result& result);

}  // namespace attune::captions
