#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace attune::captions {

/// Text laid out in lines, and how well.
struct Lines {
  std::vector<std::string> lines;
  /// Sum of the break costs (syntax.h) and of the penalty for uneven or top-heavy lines.
  double cost = 0;
};

/// Breaks words into as few lines as hold them, at most `max_lines` of at most `max_length`
/// characters, at the best syntactic place; lines are balanced, and a longer lower line is
/// preferred to a longer upper one. Nothing when the words do not fit. A single word that is longer
/// than a line has one for itself.
std::optional<Lines> break_lines(std::span<const std::string> words, int max_length, int max_lines);

}  // namespace attune::captions
