#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "captions/pieces.h"

namespace attune::captions {

/// Room for the text of a cue.
struct LineLimits {
  int max_columns = 0;
  int max_lines = 0;
  /// Columns at the start of the first line that are taken already.
  int indent = 0;
};

/// Where a text is broken into lines, and how well.
struct Breaks {
  /// Index behind the last piece of each line.
  std::vector<std::size_t> ends;
  /// Sum of the break costs (syntax.h) and of the penalty for uneven or top-heavy lines.
  double cost = 0;
};

/// Breaks pieces into as few lines as hold them at the best syntactic places; lines are balanced,
/// and a longer lower line is preferred to a longer upper one. Nothing when they do not fit.
std::optional<Breaks> choose_breaks(std::span<const Piece> pieces, const LineLimits& limits);

/// The lines that the breaks make of the pieces.
std::vector<std::string> lines_of(std::span<const Piece> pieces, const Breaks& breaks);

}  // namespace attune::captions
