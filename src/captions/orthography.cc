#include "captions/orthography.h"

#include <algorithm>

#include "captions/syntax.h"
#include "captions/unicode.h"
#include "captions/utf8.h"

namespace attune::captions {
namespace {

bool ends_turn(const align::Word& word, const align::Word& next, Duration pause) {
  return next.speaker != word.speaker || next.span.start - word.span.end >= pause;
}

/// The mark that ends a sentence in the script of the word.
std::string_view full_stop(std::string_view word) {
  if (ends_without_spaces(word)) return "";
  // Devanagari and Bengali: U+0900 to U+09FF.
  const bool indic = word.starts_with("\xE0\xA4") || word.starts_with("\xE0\xA5") ||
                     word.starts_with("\xE0\xA6") || word.starts_with("\xE0\xA7");
  return indic ? "\u0964" : ".";
}

std::string trimmed(std::string text) {
  text = single_line(text);
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::vector<std::string> written_words(std::span<const align::Word> words, Language language,
                                       const Orthography& orthography) {
  std::vector<std::string> texts;
  texts.reserve(words.size());
  for (const align::Word& word : words) texts.push_back(trimmed(word.text));

  const bool add_case =
      orthography.sentence_case && std::none_of(texts.begin(), texts.end(), has_capital);
  const bool add_stops =
      orthography.full_stops && std::none_of(texts.begin(), texts.end(), ends_clause);
  bool starts_sentence = true;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const bool is_last = i + 1 == texts.size();
    const bool may_end = !cannot_end_sentence(texts[i], language);
    const bool first_person = language == Language::kEnglish && is_first_person(texts[i]);
    if (add_case && (starts_sentence || first_person)) texts[i] = capitalized(texts[i]);
    const bool turn_ends = is_last || ends_turn(words[i], words[i + 1], orthography.sentence_pause);
    if (add_stops && turn_ends && may_end && !texts[i].empty()) texts[i] += full_stop(texts[i]);
    starts_sentence =
        ends_sentence(texts[i]) || (!is_last && words[i + 1].speaker != words[i].speaker);
  }
  return texts;
}

}  // namespace attune::captions
