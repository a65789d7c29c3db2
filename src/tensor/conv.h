#pragma once

#include <array>
#include <memory>

#include "tensor/activation.h"
#include "tensor/tensor.h"

namespace attune::tensor {

struct ConvOptions {
  /// Rows, columns.
  std::array<std::int64_t, 2> stride{1, 1};
  /// Zeros on both sides of rows, of columns.
  std::array<std::int64_t, 2> padding{0, 0};
  std::int64_t groups = 1;
  Activation activation = Activation::kNone;
  Accumulate accumulate = Accumulate::kReplace;
};

/// 2-D cross-correlation on channels-last pictures, with its weights packed for the machine.
///
/// 1-D: a sequence [L, C] is the picture [1, 1, L, C] with kernel [1, k] (or [1, L, 1, C] with
/// [k, 1]). Over time: the pictures [T, H, W, C], reshaped to [1, T, H * W, C], with a kernel
/// [k, 1]. Depthwise: groups == inputs == outputs.
///
/// Kernels are compiled once for each input height and width (and for powers of two of N), so keep
/// the number of distinct lengths small. Copies share the weights. Thread-safe.
class Conv {
 public:
  /// weight [outputs, inputs / groups, rows, columns]; bias [outputs], or empty for none.
  /// Throws Error(kInternal) when the shapes do not fit.
  Conv(const Tensor& weight, const Tensor& bias, ConvOptions options = {});

  /// [N, H, W, inputs] -> [N, H', W', outputs], H' = (H + 2 padding - rows) / stride + 1.
  /// Only for Accumulate::kReplace.
  Tensor operator()(const Tensor& input) const;
  /// The same into an existing tensor of the right shape, which `accumulate` may add to.
  void operator()(const Tensor& input, Tensor& output) const;

  Shape output_shape(const Shape& input) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace attune::tensor
