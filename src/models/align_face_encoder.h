#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/align_geometry.h"
#include "tensor/conv.h"
#include "tensor/linear.h"

namespace attune::models {

/// Mouth crops to face tokens (`FaceEncoder` in training/align/networks.py), in two steps so that a
/// stream computes the costly one once for each crop. Immutable; thread-safe.
class AlignFaceEncoder {
 public:
  /// Throws Error(kModel) when the weights do not fit the architecture.
  AlignFaceEncoder(const WeightFile& file, const AlignGeometry& geometry);

  /// Crops in one stack.
  int stack() const { return stack_; }
  /// Stacks on each side of a token's own.
  static constexpr int kStackContext = 2;

  /// (v - mean) / (std + offset) over one crop of side * side gray levels, [side, side] row-major.
  std::vector<float> standardised(std::span<const std::uint8_t> crop) const;

  /// Stack s holds the standardised crops s .. s + stack() - 1; crops: stacks + stack() - 1 of
  /// them.
  /// -> [stacks, width].
  tensor::Tensor picture(std::span<const std::span<const float>> crops, int stacks) const;

  /// [n + 2 kStackContext, width] from picture() -> face tokens [n, width].
  tensor::Tensor over_time(const tensor::Tensor& stacks) const;

 private:
  int side_;
  int stack_;
  int width_;
  float std_offset_;
  tensor::Linear stem_;
  std::vector<tensor::Conv> picture_layers_;
  tensor::Linear project_;
  std::vector<tensor::Conv> time_layers_;
};

}  // namespace attune::models
