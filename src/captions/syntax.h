#pragma once

#include <string_view>

#include "captions/function_words.h"

namespace attune::captions {

/// Whether the word ends with . ? ! or an ellipsis (of any script), quotes and brackets after it
/// aside; not for an abbreviation ("Mr.", "J.").
bool ends_sentence(std::string_view word);

/// Whether it ends with a mark that closes a sentence or a clause: also , ; : and dashes.
bool ends_clause(std::string_view word);

/// Articles, determiners, prepositions and conjunctions: words that lead to the next one.
bool cannot_end_sentence(std::string_view word, Language language);

/// Two words that follow each other.
struct WordPair {
  std::string_view before;
  std::string_view after;
  /// `before` has its capital, if any, from its place.
  bool starts_sentence = false;
};

/// From here on a break is taken only where there is no other.
inline constexpr double kForbiddenBreak = 1000;

/// What it costs a reader when text is broken between two words, from 0 (after a sentence) upwards:
/// low after punctuation, before conjunctions and prepositions; high after words that lead to the
/// next. kForbiddenBreak and more between an article and what follows, a title and a name, a first
/// and a last name (two words with capitals, where the language gives these to names alone).
///
/// In scripts without spaces: low before a Chinese character or katakana that follows hiragana (a
/// Japanese phrase begins), high before hiragana (a particle or ending of the word before).
double break_cost(const WordPair& pair, Language language);

}  // namespace attune::captions
