#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/real_fft.h"
#include "tensor/tensor.h"

namespace attune::models::whisper {

/// What a window of sound is to the networks: 30 s at 16 kHz, mono, in [-1, 1].
inline constexpr int kSampleRateHz = 16000;
inline constexpr int kWindowSamples = 30 * kSampleRateHz;
/// Frames of 10 ms.
inline constexpr int kWindowFrames = 3000;
inline constexpr int kSpectrumBins = 201;

/// The networks' input (Radford et al. 2022, 2.2): log10 of the power in mel bands, from a
/// short-time Fourier transform with a periodic Hann window of 400 samples every 160, the window's
/// sound mirrored at both ends; at most 8 below its greatest value; then (x + 4) / 4.
/// Immutable after construction, so that threads may share it.
class LogMel {
 public:
  /// filters [mel bands, 201].
  explicit LogMel(const tensor::Tensor& filters);

  /// [3000, mel bands]. `samples`: the window's sound; shorter is followed by silence, and what is
  /// beyond 30 s is left out.
  tensor::Tensor operator()(std::span<const float> samples) const;

  std::int64_t bands() const { return static_cast<std::int64_t>(bands_.size()); }

 private:
  struct Band {
    int first_bin = 0;
    std::vector<double> weights;
  };

  RealFft fft_;
  std::vector<double> window_;
  std::vector<Band> bands_;
};

/// Filters for `bands` mel bands from 0 to 8,000 Hz, [bands, 201]: triangles on Slaney's scale
/// (linear to 1,000 Hz, logarithmic above; Auditory Toolbox, 1998), each of area 1 in Hz.
tensor::Tensor mel_filters(int bands);

}  // namespace attune::models::whisper
