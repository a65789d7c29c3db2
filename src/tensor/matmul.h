#pragma once

#include <memory>

#include "tensor/activation.h"
#include "tensor/view.h"

namespace attune::tensor {

struct MatmulOptions {
  /// Multiplies the product (1 / sqrt(d) of an attention).
  float scale = 1.0F;
  /// kReplace or kActivateThenAdd (the output's content is added to the scaled product).
  Accumulate accumulate = Accumulate::kReplace;
};

/// Product of two batches of matrices that change from call to call: [.., M, K] x [.., K, N] ->
/// [.., M, N], 2 to 5 axes, equal leading extents. Operands are views with any strides, so that a
/// transposed or interleaved operand costs no copy. Rows whose last stride is 1 are fastest.
///
/// One kernel is compiled for each combination of shapes and strides, and kept: round varying
/// lengths up. Thread-safe; copies share the kernels. For weights that never change see Linear.
class Matmul {
 public:
  explicit Matmul(MatmulOptions options = {});

  /// Throws Error(kInternal) when the extents do not fit.
  void operator()(const ConstView& a, const ConstView& b, const View& out) const;
  Tensor operator()(const ConstView& a, const ConstView& b) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace attune::tensor
