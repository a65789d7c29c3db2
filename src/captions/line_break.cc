#include "captions/line_break.h"

#include <algorithm>
#include <cmath>

#include "captions/syntax.h"
#include "captions/utf8.h"

namespace attune::captions {
namespace {

/// Costs per character by which the upper line differs from the lower one.
constexpr double kShorterAbove = 0.25;
constexpr double kLongerAbove = 0.45;

std::string joined(std::span<const std::string> words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

int length_of(std::span<const std::string> words) {
  int length = static_cast<int>(words.size()) - 1;
  for (const std::string& word : words) length += character_count(word);
  return length;
}

double shape_cost(int above, int below) {
  return above > below ? kLongerAbove * (above - below) : kShorterAbove * (below - above);
}

/// Best way to break into exactly `count` lines.
std::optional<Lines> break_into(std::span<const std::string> words, int max_length, int count) {
  if (count == 1) {
    if (words.size() > 1 && length_of(words) > max_length) return std::nullopt;
    return Lines{{joined(words)}, 0};
  }
  std::optional<Lines> best;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto upper = words.first(i);
    if (i > 1 && length_of(upper) > max_length) break;
    std::optional<Lines> rest = break_into(words.subspan(i), max_length, count - 1);
    if (!rest) continue;
    rest->cost += break_cost(words[i - 1], words[i]) +
                  shape_cost(length_of(upper), character_count(rest->lines.front()));
    if (best && rest->cost >= best->cost) continue;
    rest->lines.insert(rest->lines.begin(), joined(upper));
    best = std::move(rest);
  }
  return best;
}

}  // namespace

std::optional<Lines> break_lines(std::span<const std::string> words, int max_length,
                                 int max_lines) {
  for (int count = 1; count <= max_lines && !words.empty(); ++count) {
    std::optional<Lines> lines = break_into(words, max_length, count);
    if (lines) return lines;
  }
  return std::nullopt;
}

}  // namespace attune::captions
