#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace attune {

/// Number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`
/// (optimal string alignment distance).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The name that was probably meant: the nearest one, or where more than a third of the letters
/// differ from all, one that begins with `written`; empty where there is none. Ties go to the
/// earlier name.
std::string nearest_name(std::string_view written, const std::vector<std::string>& names);

}  // namespace attune
