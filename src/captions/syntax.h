#pragma once

#include <string_view>

namespace attune::captions {

/// Whether the word ends with . ? ! or an ellipsis, quotes and brackets after it aside.
bool ends_sentence(std::string_view word);

/// Whether it ends with a mark that closes a sentence or a clause: also , ; : and dashes.
bool ends_clause(std::string_view word);

/// English articles, determiners, prepositions and conjunctions: words that lead to the next one.
bool cannot_end_sentence(std::string_view word);

/// "a", "an" or "the".
bool is_article(std::string_view word);

/// What it costs a reader when text is broken between two words, from 0 (after a sentence) upwards;
/// kForbiddenBreak and more where a break is taken only when there is no other: after an article or
/// another determiner. English word lists; other languages are broken by their punctuation.
inline constexpr double kForbiddenBreak = 100;
double break_cost(std::string_view before, std::string_view after);

}  // namespace attune::captions
