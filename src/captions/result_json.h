#pragma once

#include <string>

#include "captions/result.h"

namespace attune::captions {

/// The whole result as JSON after docs/schema/result.schema.json: UTF-8, one entity per line, times
/// in seconds with milliseconds, numbers with fixed decimals, so that equal results give equal
/// bytes.
std::string write_result_json(const Result& result);

}  // namespace attune::captions
