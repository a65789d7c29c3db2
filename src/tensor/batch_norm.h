#pragma once

#include "tensor/tensor.h"

namespace attune::tensor {

/// Inference batch normalisation: y = (x - mean) / sqrt(variance + epsilon) * weight + bias,
/// all tensors [channels].
struct BatchNorm {
  Tensor weight;
  Tensor bias;
  Tensor mean;
  Tensor variance;
  float epsilon = 1e-5F;
};

struct FoldedWeights {
  Tensor weight;
  Tensor bias;
};

/// Merges a normalisation that follows a convolution or linear layer into its weights.
/// weight [outputs, ...]; bias [outputs] or empty. Computed in double precision.
FoldedWeights fold(const Tensor& weight, const Tensor& bias, const BatchNorm& norm);

}  // namespace attune::tensor
