#include "models/whisper/time_warping.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace attune::models::whisper {
namespace {

enum class Step : std::uint8_t { kBoth, kRow, kColumn };

}  // namespace

std::vector<int> warp(const tensor::Tensor& matrix) {
  constexpr double kUnreachable = -std::numeric_limits<double>::infinity();
  const auto rows = static_cast<std::size_t>(matrix.dim(0));
  const auto columns = static_cast<std::size_t>(matrix.dim(1));
  std::vector<Step> steps(rows * columns);
  // Sums of the best paths to each column of the row before and of this row; column 0 lies outside.
  std::vector<double> before(columns + 1, kUnreachable);
  before[0] = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    std::vector<double> here(columns + 1, kUnreachable);
    for (std::size_t column = 0; column < columns; ++column) {
      double from = before[column];
      Step step = Step::kBoth;
      if (before[column + 1] > from) {
        from = before[column + 1];
        step = Step::kRow;
      }
      if (here[column] > from) {
        from = here[column];
        step = Step::kColumn;
      }
      steps[row * columns + column] = step;
      here[column + 1] = from + double{matrix.data()[row * columns + column]};
    }
    before = std::move(here);
  }
  std::vector<int> first(rows);
  for (std::size_t row = rows - 1, column = columns - 1;;) {
    first[row] = static_cast<int>(column);
    const Step step = steps[row * columns + column];
    if (row == 0 && column == 0) return first;
    if (step != Step::kColumn) --row;
    if (step != Step::kRow) --column;
  }
}

void median_filter(tensor::Tensor& matrix, int width) {
  const auto columns = static_cast<int>(matrix.dim(-1));
  const int half = width / 2;
  if (columns <= half) return;
  std::vector<float> padded(static_cast<std::size_t>(columns + 2 * half));
  std::vector<float> window(static_cast<std::size_t>(width));
  for (float* row = matrix.data(); row != matrix.data() + matrix.size(); row += columns) {
    for (int i = -half; i < columns + half; ++i) {
      const int mirrored = i < 0 ? -i : i >= columns ? 2 * (columns - 1) - i : i;
      padded[static_cast<std::size_t>(i + half)] = row[mirrored];
    }
    for (int i = 0; i < columns; ++i) {
      std::copy_n(padded.begin() + i, width, window.begin());
      std::nth_element(window.begin(), window.begin() + half, window.end());
      row[i] = window[static_cast<std::size_t>(half)];
    }
  }
}

}  // namespace attune::models::whisper
