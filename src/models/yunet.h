#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "models/weights.h"
#include "tensor/conv.h"
#include "tensor/pool.h"

namespace attune::models {

/// YuNet, a small single-stage face detector (Wu, Peng, Yu: "YuNet: A Tiny Millisecond-level Face
/// Detector", 2023): depthwise-separable backbone, feature pyramid over strides 8, 16, 32, four
/// outputs in each cell. Both published sizes (n, s) and attune-face; the widths are read off the
/// weights. Thread-safe; copies share the weights.
class YuNet {
 public:
  static constexpr std::array<int, 3> kStrides{8, 16, 32};
  /// Channels of a cell: class logit, object logit, box (4), five landmarks (10).
  static constexpr std::int64_t kOutputs = 16;

  /// ONNX as published, or safetensors with the training repository's tensor names. Throws
  /// Error(kModel) naming the file and the tensor that is missing or misshapen.
  explicit YuNet(const WeightFile& file);

  /// [1, H, W, 3], BGR, 0..255, H and W multiples of 32 -> for each stride S [1, H/S, W/S, 16].
  std::array<tensor::Tensor, 3> operator()(const tensor::Tensor& picture) const;

 private:
  /// 1x1 convolution, then depthwise 3x3, with nothing between.
  struct Unit {
    tensor::Conv pointwise;
    tensor::Conv depthwise;

    tensor::Tensor operator()(const tensor::Tensor& x) const { return depthwise(pointwise(x)); }
  };

  class Reader;
  explicit YuNet(const Reader& reader);

  tensor::Conv stem_;
  std::vector<Unit> backbone_;
  std::vector<Unit> neck_;
  /// Empty in variant s.
  std::vector<Unit> shared_;
  std::vector<Unit> heads_;
  tensor::Pool halve_;
};

}  // namespace attune::models
