#pragma once

#include <string_view>

namespace attune::captions {

/// The dash of a speaker at the start of a line (a hyphen or a dash of Unicode), with the blanks
/// around it; empty when there is none. "--" is an interruption.
std::string_view leading_dash(std::string_view line);

}  // namespace attune::captions
