#pragma once

#include "tensor/batch_norm.h"
#include "tensor/conv.h"

namespace attune::models {

/// Convolution over time of a sequence of pictures [T, H, W, C], each pixel by itself. Any length
/// runs on a few compiled kernels. Thread-safe; copies share the weights.
class TimeConv {
 public:
  /// weight [outputs, inputs, k, 1], k odd.
  TimeConv(const tensor::FoldedWeights& weights, tensor::Activation activation,
           tensor::Accumulate accumulate = tensor::Accumulate::kReplace);

  std::int64_t kernel() const { return kernel_; }
  std::int64_t outputs() const { return outputs_; }

  /// [n + k - 1, H, W, inputs] -> [n, H, W, outputs], into `output`.
  void operator()(const tensor::Tensor& rows, tensor::Tensor& output) const;

 private:
  tensor::Conv conv_;
  std::int64_t kernel_;
  std::int64_t outputs_;
};

/// The pictures around which a convolution over time is still to come, so that a sequence can be
/// given in parts: the result is that of one convolution over the whole, with zeros before its
/// beginning and after its end. Belongs to one sequence; not thread-safe.
class TimeContext {
 public:
  /// `reach`: pictures on each side that the convolution sees, (k - 1) / 2 of the longest.
  explicit TimeContext(std::int64_t reach) : reach_(reach) {}

  /// Takes the next pictures [n, H, W, C]; `last` tells that the sequence ends with them. Returns
  /// m + 2 reach pictures, of which the inner m can now be computed (m may be 0: then empty).
  tensor::Tensor push(const tensor::Tensor& pictures, bool last);

 private:
  std::int64_t reach_;
  bool begun_ = false;
  tensor::Tensor kept_;
};

/// What push() returned, convolved: [m + 2 reach, H, W, C] -> [m, H, W, outputs] for a kernel that
/// may be shorter than 2 reach + 1.
tensor::Tensor convolved(const TimeConv& conv, const tensor::Tensor& pictures, std::int64_t reach);
/// The same, added to `output`.
void add_convolved(const TimeConv& conv, const tensor::Tensor& pictures, std::int64_t reach,
                   tensor::Tensor& output);

}  // namespace attune::models
