#pragma once

#include <array>
#include <memory>

#include "tensor/tensor.h"

namespace attune::tensor {

struct PoolOptions {
  /// Rows, columns, as in ConvOptions.
  std::array<std::int64_t, 2> kernel{2, 2};
  std::array<std::int64_t, 2> stride{2, 2};
  std::array<std::int64_t, 2> padding{0, 0};
};

/// Pooling of channels-last pictures, [N, H, W, C] -> [N, H', W', C]. Padding never wins a maximum
/// and never counts in a mean. Thread-safe; copies share the compiled kernels.
class Pool {
 public:
  static Pool max(PoolOptions options);
  static Pool average(PoolOptions options);

  Tensor operator()(const Tensor& input) const;

 private:
  struct Impl;
  explicit Pool(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

  std::shared_ptr<Impl> impl_;
};

}  // namespace attune::tensor
