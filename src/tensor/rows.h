#pragma once

// Inside src/tensor only: passes over single rows, written for the processor's widest vectors. What
// a row becomes depends on it alone.

#include <cstdint>
#include <span>

#include "tensor/bfloat16.h"

namespace attune::tensor {

/// output = (row - mean) / sqrt(variance + epsilon) * weight + bias, with the biased variance.
void normalise_row(std::span<const float> row, const float* weight, const float* bias,
                   float epsilon, float* output);

/// quantised[i] = round(row[i] / scale), in [-127, 127], with the scale that takes the greatest
/// magnitude to 127; returns the scale. A row of zeros has scale 0. Values must be finite.
float quantise_row(std::span<const float> row, std::int8_t* quantised);

/// What product[i] * factor + bias[i] does to output[i]: takes its place (they may be the same
/// array), or the same rounded to bfloat16, or is added to it.
void scale_and_shift(std::span<const float> product, float factor, const float* bias,
                     float* output);
void scale_and_shift(std::span<const float> product, float factor, const float* bias,
                     BFloat16* output);
void add_scaled_and_shifted(std::span<const float> product, float factor, const float* bias,
                            float* output);

}  // namespace attune::tensor
