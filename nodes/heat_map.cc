#include "nodes/heat_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "media/png.h"

namespace attune::nodes {

namespace {

constexpr std::int64_t kMostColumns = 4000;

/// From black over violet and orange to pale yellow, each lighter than the one before, so that the
/// picture also works in gray.
constexpr std::array<std::array<double, 3>, 5> kColours{
    {{0, 0, 4}, {81, 18, 124}, {183, 55, 121}, {252, 137, 97}, {252, 253, 191}}};

std::array<std::uint8_t, 3> colour_of(double value) {
  const double share = value > 0 ? std::min(value, 1.0) : 0.0;  // NaN is dark
  const double at = std::sqrt(share) * (kColours.size() - 1);
  const auto low = std::min(static_cast<std::size_t>(at), kColours.size() - 2);
  const double part = at - static_cast<double>(low);
  std::array<std::uint8_t, 3> rgb{};
  for (std::size_t c = 0; c < 3; ++c)
    rgb[c] = static_cast<std::uint8_t>(
        std::lround(kColours[low][c] * (1 - part) + kColours[low + 1][c] * part));
  return rgb;
}

}  // namespace

std::string heat_map_png(std::span<const float> values, std::int64_t columns, std::int64_t rows) {
  const std::int64_t together = (columns + kMostColumns - 1) / kMostColumns;
  const std::int64_t drawn = (columns + together - 1) / together;
  const std::int64_t cell_width = std::clamp<std::int64_t>(1200 / drawn, 1, 16);
  const std::int64_t cell_height = std::clamp<std::int64_t>(300 / rows, 1, 16);
  const std::int64_t width = drawn * cell_width;
  const std::int64_t height = rows * cell_height;
  std::vector<std::uint8_t> rgb(static_cast<std::size_t>(3 * width * height));
  for (std::int64_t column = 0; column < drawn; ++column) {
    const std::int64_t first = column * together;
    const std::int64_t end = std::min(first + together, columns);
    for (std::int64_t row = 0; row < rows; ++row) {
      double sum = 0;
      for (std::int64_t i = first; i < end; ++i) sum += values[i * rows + row];
      const auto colour = colour_of(sum / static_cast<double>(end - first));
      for (std::int64_t y = 0; y < cell_height; ++y)
        for (std::int64_t x = 0; x < cell_width; ++x)
          std::ranges::copy(colour,
                            rgb.begin() + 3 * (((rows - 1 - row) * cell_height + y) * width +
                                               column * cell_width + x));
    }
  }
  return media::encode_png(rgb, static_cast<int>(width), static_cast<int>(height));
}

}  // namespace attune::nodes
