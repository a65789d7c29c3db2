#pragma once

#include <vector>

#include "models/align_geometry.h"
#include "tensor/conv.h"

namespace attune::models {

/// A temporal head of the aligner: two convolutions over time, as wide as the file's kernels, and a
/// linear layer, from columns of features to one logit a tick (`SpeakingHead` and `OffscreenHead`
/// in training/align/networks.py). Immutable; thread-safe.
class AlignHead {
 public:
  /// Weights `name`.conv1, .conv2 and .out. Throws Error(kModel) when they do not fit.
  AlignHead(const WeightFile& file, const AlignGeometry& geometry, const std::string& name,
            int features, int hidden);

  int features() const { return features_; }

  /// columns [n + 2 head_context, features] -> n logits.
  std::vector<float> operator()(const tensor::Tensor& columns) const;

 private:
  int features_;
  std::vector<tensor::Conv> layers_;
};

}  // namespace attune::models
