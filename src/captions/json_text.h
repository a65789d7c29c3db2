#pragma once

#include <string>
#include <string_view>

#include "core/time.h"

namespace attune::captions {

/// A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

/// Fixed number of decimals, the same on every machine; 0 for what is not finite, never "-0".
std::string json_number(double value, int decimals);

/// Seconds with milliseconds.
std::string json_seconds(Duration t);

}  // namespace attune::captions
