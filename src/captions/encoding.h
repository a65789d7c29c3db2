#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace attune::captions {

/// Position of the first byte that is no part of well-formed UTF-8 (Unicode 15, table 3-7).
std::optional<std::size_t> invalid_utf8(std::string_view text);

/// The text with U+FFFD for each byte that is no UTF-8.
std::string valid_utf8(std::string_view text);

/// A text file's bytes as UTF-8 without byte order mark. The encoding is, in this order: `encoding`
/// where it is not empty (any name that iconv knows), a byte order mark (UTF-8, UTF-16, UTF-32), an
/// XML declaration, UTF-8. Throws Error(kInput) with line and byte where the bytes are not of that
/// encoding, and Error(kUsage) when the encoding has no known name.
std::string decode_text(std::string bytes, const std::string& encoding = "");

}  // namespace attune::captions
