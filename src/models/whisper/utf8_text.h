#pragma once

#include <string>
#include <string_view>

namespace attune::models::whisper {

/// U+FFFD, for bytes that are no character.
inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// Whether the bytes end within a character that further bytes could complete.
bool ends_within_character(std::string_view bytes);

/// The bytes with U+FFFD in place of each maximal sequence that is no UTF-8.
std::string valid_utf8(std::string_view bytes);

/// Without white space at both ends.
std::string_view trimmed(std::string_view text);

/// Whether valid UTF-8 text without white space consists of punctuation and symbols alone.
bool is_punctuation(std::string_view text);

/// Whether such punctuation belongs to what follows: opening brackets and quotation marks, also the
/// ambiguous ones, inverted marks and dashes.
bool is_opening_punctuation(std::string_view text);

}  // namespace attune::models::whisper
