#pragma once

#include <memory>

#include "tensor/activation.h"
#include "tensor/bfloat16.h"
#include "tensor/precision.h"
#include "tensor/tensor.h"
#include "tensor/view.h"

namespace attune::tensor {

struct LinearOptions {
  Activation activation = Activation::kNone;
  /// kReplace or kActivateThenAdd.
  Accumulate accumulate = Accumulate::kReplace;
  Precision precision = Precision::kFloat32;
  /// Greatest number of rows that one kernel takes; more are taken in several goes.
  std::int64_t rows_at_once = 256;
};

/// y = activation(x W^T + b), with W packed for the machine and kept once. A row of the result
/// depends on that row of x alone. Thread-safe; copies share the weights.
class Linear {
 public:
  /// weight [outputs, inputs]; bias [outputs], or empty for none.
  Linear(const Tensor& weight, const Tensor& bias, Activation activation = Activation::kNone);
  Linear(const Tensor& weight, const Tensor& bias, const LinearOptions& options);

  std::int64_t inputs() const;
  std::int64_t outputs() const;

  /// [.., inputs] -> [.., outputs]. Only for Accumulate::kReplace.
  Tensor operator()(const Tensor& input) const;

  /// [rows, inputs] -> [rows, outputs], of any row stride, the elements of a row side by side.
  void operator()(const ConstView& input, const View& output) const;
  /// The same from and to bfloat16: from it for Precision::kBFloat16 alone, to it where nothing is
  /// accumulated and the precision is not kFloat32.
  void operator()(const ConstView& input, const BasicView<BFloat16>& output) const;
  void operator()(const BasicView<const BFloat16>& input, const View& output) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace attune::tensor
