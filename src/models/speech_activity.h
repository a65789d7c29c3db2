#pragma once

#include <vector>

#include "models/align_geometry.h"
#include "tensor/conv.h"

namespace attune::models {

/// Normalised log-mel to a probability of speech for each token, from sound alone
/// (`SpeechActivity` in training/align/networks.py). Immutable; thread-safe.
class SpeechActivity {
 public:
  /// Throws Error(kModel) when the weights do not fit the architecture.
  SpeechActivity(const WeightFile& file, const AlignGeometry& geometry);

  /// Mel frames under `ticks` successive tokens; the first is speech_context before the first
  /// token's own frame.
  int frames_for(int ticks) const;

  /// mel [frames_for(n), bands] -> n probabilities in [0, 1].
  std::vector<float> operator()(const tensor::Tensor& mel) const;

 private:
  int context_;
  int frames_per_tick_;
  std::vector<tensor::Conv> layers_;
};

}  // namespace attune::models
