#pragma once

#include <span>
#include <vector>

#include "models/weights.h"
#include "tensor/conv.h"
#include "tensor/linear.h"
#include "tensor/recurrent.h"

namespace attune::models {

/// Silero VAD (16 kHz): the probability of speech in each chunk of 512 samples (32 ms).
/// Immutable; what it remembers of one recording is in a State.
class SileroVad {
 public:
  static constexpr int kSampleRateHz = 16000;
  static constexpr int kChunkSamples = 512;

  struct State {
    /// The last samples of the chunk before.
    std::vector<float> context;
    tensor::Lstm::State lstm;
  };

  /// Throws Error(kModel) naming the file and the tensor that is missing or misshapen.
  explicit SileroVad(const WeightFile& file);

  /// At the beginning of a recording.
  State initial_state() const;

  /// One probability for each chunk; samples in [-1, 1]. A last chunk that is not full is filled up
  /// with zeros, so give whole chunks until the end.
  std::vector<float> operator()(std::span<const float> samples, State& state) const;

 private:
  tensor::Tensor encode(const tensor::Tensor& windows) const;

  tensor::Conv spectrum_;
  std::vector<tensor::Conv> encoder_;
  tensor::Lstm lstm_;
  tensor::Linear output_;
};

}  // namespace attune::models
