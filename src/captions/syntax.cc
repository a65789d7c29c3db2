#include "captions/syntax.h"

#include <algorithm>
#include <array>
#include <string>

#include "captions/utf8.h"

namespace attune::captions {
namespace {

constexpr std::array<std::string_view, 3> kArticles = {"a", "an", "the"};
constexpr std::array<std::string_view, 14> kDeterminers = {
    "my",    "your",  "his",   "its",  "our", "their", "this",
    "these", "those", "every", "each", "no",  "whose", "which"};
constexpr std::array<std::string_view, 17> kConjunctions = {
    "and",   "but",    "or",      "nor", "so",   "because", "although", "though", "while",
    "since", "unless", "whereas", "if",  "when", "that",    "where",    "who"};
constexpr std::array<std::string_view, 32> kPrepositions = {
    "of",      "in",     "on",      "at",      "to",    "for",    "with",    "from",
    "by",      "about",  "into",    "over",    "after", "before", "between", "under",
    "through", "during", "without", "against", "among", "toward", "towards", "upon",
    "within",  "across", "behind",  "beyond",  "near",  "until",  "than",    "as"};
constexpr std::array<std::string_view, 24> kLeading = {
    "i",     "you",  "he",    "she",    "we",   "they", "is",  "are",
    "was",   "were", "am",    "be",     "has",  "have", "had", "will",
    "would", "can",  "could", "should", "must", "do",   "not", "very"};

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string_view without_closers(std::string_view word) {
  for (bool removed = true; removed;) {
    removed = false;
    for (const std::string_view closer : {"\"", "'", ")", "]", "\u201D", "\u2019", "\u00BB"}) {
      if (!word.ends_with(closer)) continue;
      word.remove_suffix(closer.size());
      removed = true;
    }
  }
  return word;
}

bool ends_with_any(std::string_view word, std::initializer_list<std::string_view> marks) {
  const std::string_view core = without_closers(word);
  return std::any_of(marks.begin(), marks.end(),
                     [core](std::string_view mark) { return core.ends_with(mark); });
}

}  // namespace

bool ends_sentence(std::string_view word) {
  return ends_with_any(word, {".", "?", "!", "\u2026", "\u3002", "\uFF1F", "\uFF01"});
}

bool ends_clause(std::string_view word) {
  return ends_sentence(word) ||
         ends_with_any(word, {",", ";", ":", "\u2013", "\u2014", "\u3001", "\uFF0C"});
}

bool is_article(std::string_view word) {
  return contains(kArticles, ascii_lower(word));
}

bool cannot_end_sentence(std::string_view word) {
  const std::string lower = ascii_lower(word);
  constexpr std::array<std::string_view, 6> kMayEnd = {"so",   "though", "that",
                                                       "this", "those",  "no"};
  if (contains(kMayEnd, lower)) return false;
  return contains(kArticles, lower) || contains(kDeterminers, lower) ||
         contains(kConjunctions, lower) || contains(kPrepositions, lower);
}

double break_cost(std::string_view before, std::string_view after) {
  if (ends_sentence(before)) return 0;
  if (ends_clause(before)) return 1;
  const std::string last = ascii_lower(before);
  const std::string next = ascii_lower(after);
  if (contains(kArticles, last)) return 10 * kForbiddenBreak;
  if (contains(kDeterminers, last)) return kForbiddenBreak;
  if (contains(kPrepositions, last) || contains(kConjunctions, last)) return 30;
  if (contains(kLeading, last)) return 15;
  if (has_capital(before.substr(0, 2)) && has_capital(after.substr(0, 2)) && last != "i") return 20;
  if (contains(kConjunctions, next)) return 2;
  if (next == "of") return 7;  // ties to the noun before it
  if (contains(kPrepositions, next)) return 3;
  return 8;
}

}  // namespace attune::captions
