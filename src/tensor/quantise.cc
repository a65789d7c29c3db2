#include "tensor/quantise.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace attune::tensor {

float quantise_row(std::span<const float> row, std::int8_t* quantised) {
  float greatest = 0;
  for (const float value : row) greatest = std::max(greatest, std::fabs(value));
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
