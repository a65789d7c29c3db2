#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace attune::captions {

/// Number of characters a viewer sees: Unicode code points without the combining marks U+0300 to
/// U+036F. Bytes that are not UTF-8 count as one character each.
int character_count(std::string_view text);

/// The first letter in upper case where it is one of ASCII or Latin-1; other scripts are left
/// alone.
std::string capitalized(std::string_view text);

/// Whether the text holds a capital of ASCII or Latin-1.
bool has_capital(std::string_view text);

/// ASCII letters in lower case, the rest as it is.
std::string ascii_lower(std::string_view text);

/// Control characters, line breaks among them, become blanks: names and words stay on one line.
std::string single_line(std::string_view text);

}  // namespace attune::captions
