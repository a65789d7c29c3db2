#include "models/whisper/repetition.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>

namespace attune::models::whisper {
namespace {

/// Longer phrases cannot be said four times in a window of 30 s.
constexpr std::size_t kLongestPhrase = 32;

std::size_t most_repetitions(std::size_t length) {
  return length == 1 ? 6 : length == 2 ? 4 : 3;
}

std::size_t repetitions(std::span<const std::string> items, std::size_t first, std::size_t length) {
  std::size_t same = 0;
  while (first + length + same < items.size() &&
         items[first + same] == items[first + length + same])
    ++same;
  return 1 + same / length;
}

/// Letters and digits in lower case; of words without any, the word itself.
std::string bare(const std::string& word) {
  std::string result;
  const auto length = static_cast<std::int64_t>(word.size());
  for (std::int64_t next = 0; next < length;) {
    UChar32 c = 0;
    U8_NEXT(word.data(), next, length, c);
    if (c < 0 || !u_isalnum(c)) continue;
    char bytes[U8_MAX_LENGTH];
    std::int64_t size = 0;
    U8_APPEND_UNSAFE(bytes, size, u_tolower(c));
    result.append(bytes, static_cast<std::size_t>(size));
  }
  return result.empty() ? word : result;
}

}  // namespace

std::vector<Loop> find_loops(std::span<const std::string> items) {
  std::vector<Loop> loops;
  for (std::size_t first = 0; first < items.size();) {
    Loop found;
    for (std::size_t length = 1; length <= kLongestPhrase && found.count == 0; ++length) {
      const std::size_t count = repetitions(items, first, length);
      if (count > most_repetitions(length)) found = {first, length, count};
    }
    if (found.count > 0) loops.push_back(found);
    first += std::max<std::size_t>(1, found.length * found.count);
  }
  return loops;
}

void cut_loops(std::vector<RecognizedWord>& words) {
  std::vector<std::string> items;
  for (const RecognizedWord& word : words) items.push_back(bare(word.text));
  const std::vector<Loop> loops = find_loops(items);
  for (auto loop = loops.rbegin(); loop != loops.rend(); ++loop) {
    const auto first = words.begin() + static_cast<std::ptrdiff_t>(loop->first + loop->length);
    words.erase(first, first + static_cast<std::ptrdiff_t>(loop->length * (loop->count - 1)));
  }
}

}  // namespace attune::models::whisper
