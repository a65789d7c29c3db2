#include "captions/line_break.h"

#include <algorithm>

namespace attune::captions {
namespace {

/// Costs per column by which the upper line differs from the lower one.
constexpr double kShorterAbove = 0.25;
constexpr double kLongerAbove = 0.45;

double shape_cost(int above, int below) {
  return above > below ? kLongerAbove * (above - below) : kShorterAbove * (below - above);
}

/// The best way to break into exactly `count` lines; ends are counted from `first`.
std::optional<Breaks> break_into(std::span<const Piece> pieces, std::size_t first, int count,
                                 int max_columns, int indent) {
  const auto rest = pieces.subspan(first);
  if (count == 1) {
    if (indent + width_of(rest) > max_columns) return std::nullopt;
    return Breaks{{pieces.size()}, 0};
  }
  std::optional<Breaks> best;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    const int upper = indent + width_of(rest.first(i));
    if (upper > max_columns) break;
    std::optional<Breaks> lower = break_into(pieces, first + i, count - 1, max_columns, 0);
    if (!lower) continue;
    const auto next = rest.subspan(i, lower->ends.front() - first - i);
    lower->cost += rest[i].break_cost + shape_cost(upper, width_of(next));
    if (best && lower->cost >= best->cost) continue;
    lower->ends.insert(lower->ends.begin(), first + i);
    best = std::move(lower);
  }
  return best;
}

}  // namespace

std::optional<Breaks> choose_breaks(std::span<const Piece> pieces, const LineLimits& limits) {
  const int width = limits.indent + width_of(pieces);
  for (int count = 1; count <= limits.max_lines && !pieces.empty(); ++count) {
    // Spaces at line ends go, so a text may be wider by one column for each break.
    if (width > count * limits.max_columns + count - 1) continue;
    std::optional<Breaks> breaks = break_into(pieces, 0, count, limits.max_columns, limits.indent);
    if (breaks) return breaks;
  }
  return std::nullopt;
}

std::vector<std::string> lines_of(std::span<const Piece> pieces, const Breaks& breaks) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (const std::size_t end : breaks.ends) {
    lines.push_back(text_of(pieces.subspan(start, end - start)));
    start = end;
  }
  return lines;
}

}  // namespace attune::captions
