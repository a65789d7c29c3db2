#pragma once

#include <span>
#include <string>
#include <vector>

#include "models/whisper/tokenizer.h"

namespace attune::models::whisper {

/// A word and which of the tokens spell it: [first, end).
struct SpelledWord {
  /// Valid UTF-8 without white space at the ends, punctuation attached; never empty.
  std::string text;
  std::size_t first = 0;
  std::size_t end = 0;
};

/// Divides text tokens into words: at spaces, or, where the language is written without them
/// (`written_without_spaces`), between characters, with Latin words kept whole. Tokens are not
/// divided. Punctuation that stands alone goes to the word before it, opening punctuation to the
/// word behind it.
std::vector<SpelledWord> divide_into_words(const Tokenizer& tokenizer,
                                           std::span<const Token> tokens, bool without_spaces);

}  // namespace attune::models::whisper
