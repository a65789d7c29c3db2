#pragma once

// Inside src/tensor only: symmetric 8-bit quantisation of rows.

#include <cstdint>
#include <span>

namespace attune::tensor {

/// quantised[i] = round(row[i] / scale), in [-127, 127], with the scale that takes the greatest
/// magnitude to 127; returns the scale. A row of zeros has scale 0. Values must be finite.
float quantise_row(std::span<const float> row, std::int8_t* quantised);

/// output[i] = product[i] * factor + bias[i]; they may be the same array.
void scale_and_shift(std::span<const float> product, float factor, const float* bias,
                     float* output);

}  // namespace attune::tensor
