#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace attune::nodes {

/// A heat map as a PNG file: columns of `values`, [columns, rows], from left to right, row 0 at the
/// bottom. Each cell is a few pixels; more than 4,000 columns are averaged together. Brightness is
/// the root of the value, 1 being the brightest.
std::string heat_map_png(std::span<const float> values, std::int64_t columns, std::int64_t rows);

}  // namespace attune::nodes
