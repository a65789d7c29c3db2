#include "models/whisper/words.h"

#include "models/whisper/utf8_text.h"

namespace attune::models::whisper {
namespace {

bool is_latin(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool begins_with_space(const std::string& text) {
  return !text.empty() && trimmed(text).data() != text.data();
}

/// Groups of tokens that spell whole characters.
std::vector<SpelledWord> whole_characters(const Tokenizer& tokenizer,
                                          std::span<const Token> tokens) {
  std::vector<SpelledWord> groups;
  std::string bytes;
  std::size_t first = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    bytes += tokenizer.bytes(tokens[i]);
    if (ends_within_character(bytes) && i + 1 < tokens.size()) continue;
    groups.push_back({valid_utf8(bytes), first, i + 1});
    first = i + 1;
    bytes.clear();
  }
  return groups;
}

bool begins_a_word(const std::string& before, const std::string& text, bool without_spaces) {
  if (begins_with_space(text)) return true;
  if (!without_spaces || text.empty()) return false;
  return before.empty() || !is_latin(before.back()) || !is_latin(text.front());
}

/// The text of two neighbours, with the space between them if there is one.
void append(SpelledWord& word, const SpelledWord& next) {
  word.text += next.text;
  word.end = next.end;
}

/// Punctuation that stands alone is attached.
std::vector<SpelledWord> attached(const std::vector<SpelledWord>& pieces) {
  std::vector<SpelledWord> words;
  bool open = false;  // the last word is opening punctuation that waits for its word
  for (const SpelledWord& piece : pieces) {
    const std::string_view mark = trimmed(piece.text);
    const bool opening = is_opening_punctuation(mark);
    const bool to_the_word_before = mark.empty() || (is_punctuation(mark) && !opening);
    if (!words.empty() && (open || to_the_word_before))
      append(words.back(), piece);
    else
      words.push_back(piece);
    open = (open || !to_the_word_before) && opening;
  }
  return words;
}

}  // namespace

std::vector<SpelledWord> divide_into_words(const Tokenizer& tokenizer,
                                           std::span<const Token> tokens, bool without_spaces) {
  std::vector<SpelledWord> pieces;
  for (const SpelledWord& group : whole_characters(tokenizer, tokens)) {
    if (pieces.empty() || begins_a_word(pieces.back().text, group.text, without_spaces))
      pieces.push_back(group);
    else
      append(pieces.back(), group);
  }
  std::vector<SpelledWord> words;
  for (SpelledWord& word : attached(pieces)) {
    word.text = std::string(trimmed(word.text));
    if (!word.text.empty()) words.push_back(std::move(word));
  }
  return words;
}

}  // namespace attune::models::whisper
