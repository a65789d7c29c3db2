#pragma once

#include <span>

#include "tensor/activation.h"
#include "tensor/tensor.h"

namespace attune::tensor {

/// Applies the function to every element, in place. Thread-safe.
void activate(Activation activation, std::span<float> values);
inline void activate(Activation activation, Tensor& tensor) {
  activate(activation, tensor.values());
}

/// a += b, equal shapes.
void add(Tensor& a, const Tensor& b);
/// a *= b, equal shapes.
void multiply(Tensor& a, const Tensor& b);

/// Concatenation along the last axis; all other extents must agree.
Tensor concatenated(const Tensor& a, const Tensor& b);

}  // namespace attune::tensor
