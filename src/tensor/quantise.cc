#include "tensor/quantise.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace attune::tensor {
namespace {

/// In lanes of their own, which compilers turn into vectors.
float greatest_magnitude(std::span<const float> row) {
  constexpr std::size_t kLanes = 16;
  std::array<float, kLanes> greatest{};
  const auto take = [&](std::size_t lane, float value) {
    const float magnitude = std::fabs(value);
    greatest[lane] = magnitude > greatest[lane] ? magnitude : greatest[lane];
  };
  std::size_t i = 0;
  for (; i + kLanes <= row.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) take(lane, row[i + lane]);
  for (; i < row.size(); ++i) take(0, row[i]);
  return *std::max_element(greatest.begin(), greatest.end());
}

}  // namespace

float quantise_row(std::span<const float> row, std::int8_t* quantised) {
  const float greatest = greatest_magnitude(row);
  const float inverse = greatest > 0 ? 127 / greatest : 0;
  // Adding 1.5 * 2^23 leaves the rounded integer in the low bits: compilers vectorise that, and not
  // the library's rounding.
  constexpr float kRounding = 12582912.0F;
  for (std::size_t i = 0; i < row.size(); ++i)
    quantised[i] =
        static_cast<std::int8_t>(std::bit_cast<std::int32_t>(row[i] * inverse + kRounding));
  return greatest / 127;
}

void scale_and_shift(std::span<const float> product, float factor, const float* bias,
                     float* output) {
  for (std::size_t i = 0; i < product.size(); ++i) output[i] = product[i] * factor + bias[i];
}

}  // namespace attune::tensor
