#include "captions/syntax.h"

#include <algorithm>
#include <span>
#include <string>

#include "captions/unicode.h"

namespace attune::captions {
namespace {

constexpr double kAfterClause = 1;
constexpr double kBeforeConjunction = 2;
constexpr double kBeforePreposition = 3;
constexpr double kBeforeOf = 7;  // ties to the noun before it
constexpr double kBetweenWords = 8;
constexpr double kAfterLeading = 15;
constexpr double kBetweenCapitals = 20;
constexpr double kAfterPreposition = 30;
constexpr double kInNumber = 60;
constexpr double kAfterDeterminer = 100;

constexpr double kPhraseStart = 4;
constexpr double kBeforeParticle = 40;
constexpr double kSpacelessWords = 8;

bool contains(std::span<const std::string_view> list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string_view without_closers(std::string_view word) {
  for (bool removed = true; removed;) {
    removed = false;
    for (const std::string_view closer :
         {"\"", "'", ")", "]", "\u201D", "\u2019", "\u00BB", "\u300D", "\u300F", "\uFF09"}) {
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

bool is_number(std::string_view word) {
  const bool digits = word.find_first_of("0123456789") != std::string_view::npos;
  return digits && word.find_first_not_of("0123456789.,") == std::string_view::npos;
}

bool names_alone_have_capitals(Language language) {
  return language == Language::kEnglish || language == Language::kFrench ||
         language == Language::kSpanish;
}

/// Arabic writes "and" as the first letter of the next word.
bool starts_with_and(std::string_view word) {
  constexpr std::string_view kWaw = "\u0648";
  constexpr std::size_t kTwoLetters = 4;
  return word.starts_with(kWaw) && word.size() > kTwoLetters;
}

double spaceless_cost(const WordPair& pair) {
  if (starts_with_hiragana(pair.after)) return kBeforeParticle;
  const WritingSystem before = writing_system(pair.before);
  return before == WritingSystem::kJapanese ? kPhraseStart : kSpacelessWords;
}

double capitals_cost(const WordPair& pair, Language language) {
  if (language == Language::kEnglish && is_first_person(pair.after)) return 0;
  if (!is_capitalized(pair.before) || !is_capitalized(pair.after)) return 0;
  const bool names = names_alone_have_capitals(language) && !pair.starts_sentence;
  return names ? kForbiddenBreak : kBetweenCapitals;
}

double cost_before(std::string_view next, Language language) {
  const FunctionWords& words = function_words(language);
  if (contains(words.conjunctions, next)) return kBeforeConjunction;
  if (language == Language::kArabic && starts_with_and(next)) return kBeforeConjunction;
  if (next == "of") return kBeforeOf;
  if (contains(words.prepositions, next)) return kBeforePreposition;
  return kBetweenWords;
}

}  // namespace

bool ends_sentence(std::string_view word) {
  const std::string_view core = without_closers(word);
  if (core.ends_with('.')) return !is_abbreviation(lower_case(core));
  return ends_with_any(core, {"?", "!", "\u2026", "\u3002", "\uFF1F", "\uFF01", "\u061F", "\u06D4",
                              "\u0964", "\u037E"});
}

bool ends_clause(std::string_view word) {
  return ends_sentence(word) || ends_with_any(word, {",", ";", ":", "\u2013", "\u2014", "--",
                                                     "\u3001", "\uFF0C", "\u060C", "\u061B"});
}

bool cannot_end_sentence(std::string_view word, Language language) {
  const std::string lower = lower_case(word);
  constexpr std::string_view kMayEnd[] = {"so", "though", "that", "this",   "those", "these",
                                          "no", "in",     "on",   "before", "over"};
  if (contains(kMayEnd, lower)) return false;
  const FunctionWords& words = function_words(language);
  // Many German prepositions are also the second half of a verb: "Ich komme mit."
  const bool preposition = language != Language::kGerman && contains(words.prepositions, lower);
  return preposition || contains(words.articles, lower) || contains(words.determiners, lower) ||
         contains(words.conjunctions, lower);
}

double break_cost(const WordPair& pair, Language language) {
  if (ends_sentence(pair.before)) return 0;
  if (ends_clause(pair.before)) return kAfterClause;
  if (ends_without_spaces(pair.before) && starts_without_spaces(pair.after))
    return spaceless_cost(pair);
  const FunctionWords& words = function_words(language);
  const std::string last = lower_case(pair.before);
  const std::string next = lower_case(pair.after);
  if (contains(words.articles, last)) return 10 * kForbiddenBreak;
  if (is_title(last) && is_capitalized(pair.before) && is_capitalized(pair.after))
    return 10 * kForbiddenBreak;
  if (contains(words.determiners, last)) return kAfterDeterminer;
  if (is_number(pair.before) && is_unit(next)) return kInNumber;
  if (contains(words.prepositions, last) || contains(words.conjunctions, last))
    return kAfterPreposition;
  if (contains(words.leading, last)) return kAfterLeading;
  const double capitals = capitals_cost(pair, language);
  return capitals > 0 ? capitals : cost_before(next, language);
}

}  // namespace attune::captions
