#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attune::search {

/// The unit of the index. Two texts match where their tokens are equal.
struct Token {
  /// ASCII letters and digits, and characters beyond ASCII: never a blank.
  std::string text;
  /// The bytes of the original that it was made of: [begin, end). Those of a character that stands
  /// for several tokens are the same.
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Cuts UTF-8 text into tokens. Letters and digits make words; case, width and form are levelled
/// (NFKC_Casefold, Unicode Annex 31), accents are taken off Latin, Greek and Cyrillic letters,
/// vowel points off Arabic and Hebrew ones. Of scripts that write no spaces between words, and of
/// Hangul, whose words carry endings, each letter with its marks is a token: a word of theirs is
/// found as a phrase, inside any other. Bytes that are not UTF-8 separate words.
std::vector<Token> tokens_of(std::string_view text);

/// The tokens with a blank between them.
std::string joined(const std::vector<Token>& tokens);

}  // namespace attune::search
