#include "captions/orthography.h"

#include <algorithm>

#include "captions/syntax.h"
#include "captions/utf8.h"

namespace attune::captions {
namespace {

bool is_first_person(const std::string& text) {
  return text == "i" || text.starts_with("i'");
}

bool ends_turn(const align::Word& word, const align::Word& next, Duration pause) {
  return next.speaker != word.speaker || next.span.start - word.span.end >= pause;
}

}  // namespace

std::vector<std::string> written_words(std::span<const align::Word> words, Duration pause,
                                       bool sentence_case, bool full_stops) {
  std::vector<std::string> texts;
  texts.reserve(words.size());
  for (const align::Word& word : words) texts.push_back(single_line(word.text));

  const bool add_case = sentence_case && std::none_of(texts.begin(), texts.end(), has_capital);
  const bool add_stops = full_stops && std::none_of(texts.begin(), texts.end(), ends_clause);
  bool starts_sentence = true;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const bool is_last = i + 1 == texts.size();
    const bool may_end = !cannot_end_sentence(texts[i]);
    if (add_case && (starts_sentence || is_first_person(texts[i])))
      texts[i] = capitalized(texts[i]);
    const bool turn_ends = is_last || ends_turn(words[i], words[i + 1], pause);
    if (add_stops && turn_ends && may_end && !texts[i].empty()) texts[i] += '.';
    starts_sentence =
        ends_sentence(texts[i]) || (!is_last && words[i + 1].speaker != words[i].speaker);
  }
  return texts;
}

}  // namespace attune::captions
