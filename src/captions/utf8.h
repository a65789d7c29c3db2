#pragma once

#include <string>
#include <string_view>

namespace attune::captions {

/// ASCII letters in lower case, the rest as it is: for names of files and formats.
std::string ascii_lower(std::string_view text);

/// Control characters, line breaks among them, become blanks: names and words stay on one line.
std::string single_line(std::string_view text);

/// Whether the bytes are UTF-8 throughout.
bool is_utf8(std::string_view text);

}  // namespace attune::captions
