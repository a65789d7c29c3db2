#include "search/word_alignment.h"

#include <algorithm>
#include <cstdint>

#include "search/tokens.h"

namespace attune::search {
namespace {

/// Beyond that a text is no cue but a page, and has no words worth the time.
constexpr std::size_t kLargestTable = 4'000'000;

struct WordToken {
  std::string text;
  std::size_t word = 0;
};

std::vector<WordToken> tokens_of_words(const std::vector<align::Word>& words) {
  std::vector<WordToken> tokens;
  for (std::size_t i = 0; i < words.size(); ++i)
    for (Token& token : tokens_of(words[i].text)) tokens.push_back({std::move(token.text), i});
  return tokens;
}

}  // namespace

std::vector<std::optional<std::size_t>> words_of_tokens(std::string_view text,
                                                        const std::vector<align::Word>& words) {
  const std::vector<Token> left = tokens_of(text);
  const std::vector<WordToken> right = tokens_of_words(words);
  std::vector<std::optional<std::size_t>> result(left.size());
  std::size_t i = 0;
  // Most cues are their words: no table is needed for what agrees from the start.
  while (i < left.size() && i < right.size() && left[i].text == right[i].text) {
    result[i] = right[i].word;
    ++i;
  }
  const std::size_t rows = left.size() - i;
  const std::size_t columns = right.size() - i;
  if (rows == 0 || columns == 0 || (rows + 1) > kLargestTable / (columns + 1)) return result;

  // length[r][c]: of the longest common subsequence of what follows r and c.
  std::vector<std::uint32_t> length((rows + 1) * (columns + 1), 0);
  const auto at = [&](std::size_t r, std::size_t c) -> std::uint32_t& {
    return length[r * (columns + 1) + c];
  };
  for (std::size_t r = rows; r-- > 0;)
    for (std::size_t c = columns; c-- > 0;)
      at(r, c) = left[i + r].text == right[i + c].text ? at(r + 1, c + 1) + 1
                                                       : std::max(at(r + 1, c), at(r, c + 1));
  for (std::size_t r = 0, c = 0; r < rows && c < columns;) {
    if (left[i + r].text == right[i + c].text)
      result[i + r++] = right[i + c++].word;
    else if (at(r + 1, c) >= at(r, c + 1))
      ++r;
    else
      ++c;
  }
  return result;
}

}  // namespace attune::search
