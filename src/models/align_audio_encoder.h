#pragma once

#include <vector>

#include "models/align_geometry.h"
#include "tensor/conv.h"

namespace attune::models {

/// Normalised log-mel to audio tokens, five convolutions over time (`AudioEncoder` in
/// training/align/networks.py). Immutable; thread-safe.
class AlignAudioEncoder {
 public:
  /// Throws Error(kModel) when the weights do not fit the architecture.
  AlignAudioEncoder(const WeightFile& file, const AlignGeometry& geometry);

  /// Mel frames under `ticks` successive tokens; the first is audio_context before the first
  /// token's own frame.
  int frames_for(int ticks) const;

  /// mel [frames_for(n), bands] -> [n, width].
  tensor::Tensor operator()(const tensor::Tensor& mel) const;

 private:
  int context_;
  int frames_per_tick_;
  std::vector<tensor::Conv> layers_;
};

}  // namespace attune::models
