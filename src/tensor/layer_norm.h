#pragma once

#include "tensor/tensor.h"

namespace attune::tensor {

/// Normalises the last axis to mean 0 and (biased) variance 1, then scales and shifts.
/// Thread-safe; copies share the weights.
class LayerNorm {
 public:
  /// weight, bias [n].
  LayerNorm(const Tensor& weight, const Tensor& bias, float epsilon = 1e-5F);

  /// [.., n] -> [.., n].
  Tensor operator()(const Tensor& input) const;

 private:
  Tensor weight_;
  Tensor bias_;
  float epsilon_;
};

}  // namespace attune::tensor
