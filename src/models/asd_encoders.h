#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "tensor/tensor.h"

namespace attune::models {

// What LR-ASD and Light-ASD have in common around their blocks (networks of Liao et al., "A Light
// Weight Model for Active Speaker Detection", 2023, and "LR-ASD", 2025).

/// One part of a face track on its way through the visual encoder: crops [n, 112, 112, 1],
/// normalised -> embeddings [m, 128] of the tokens that are complete.
using VisualPart = std::function<tensor::Tensor(const tensor::Tensor& pictures, bool last)>;

/// Gives the crops to `encode` in parts of 16 and joins what comes back: [T, 128].
tensor::Tensor encode_in_parts(std::span<const std::uint8_t> crops, const VisualPart& encode);

/// One stretch of MFCC rows [4 n, 1, 13, 1] -> embeddings [n, 128].
using AudioPart = std::function<tensor::Tensor(const tensor::Tensor& rows)>;

/// Gives the rows [4 T, 13] to `encode` in stretches with enough context around each that the
/// result is that of one pass: [T, 128].
tensor::Tensor encode_in_parts(const tensor::Tensor& mfcc, const AudioPart& encode);

/// Maximum over time, window 3, stride 2, padding 1: [n, 1, F, C] -> [ceil(n / 2), 1, F, C].
tensor::Tensor halved_over_time(const tensor::Tensor& rows);

/// Mean over the 13 coefficients: [n, 1, F, C] -> [n, C].
tensor::Tensor mean_over_coefficients(const tensor::Tensor& rows);

}  // namespace attune::models
