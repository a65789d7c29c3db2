#pragma once

#include <memory>

#include "tensor/activation.h"
#include "tensor/tensor.h"

namespace attune::tensor {

/// y = activation(x W^T + b), with W packed for the machine. Thread-safe; copies share the weights.
class Linear {
 public:
  /// weight [outputs, inputs]; bias [outputs], or empty for none.
  Linear(const Tensor& weight, const Tensor& bias, Activation activation = Activation::kNone);

  std::int64_t inputs() const;
  std::int64_t outputs() const;

  /// [.., inputs] -> [.., outputs].
  Tensor operator()(const Tensor& input) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace attune::tensor
