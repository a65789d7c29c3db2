#pragma once

#include <span>
#include <vector>

#include "models/real_fft.h"

namespace attune::models {

/// Defines a log-mel spectrogram; it belongs to the weights that were trained on it.
struct LogMelGeometry {
  int sample_rate_hz = 0;
  /// Samples of one frame, multiplied by a periodic Hann window and zero-padded to fft_size.
  int frame_length = 0;
  /// Samples between frames: frame k is centred on sample k * frame_hop.
  int frame_hop = 0;
  int fft_size = 0;
  int mel_bands = 0;
  double mel_low_hz = 0;
  double mel_high_hz = 0;
  /// Smallest energy before the logarithm.
  double mel_floor = 0;
};

/// Natural log of the power in triangular mel bands (HTK scale 2595 log10(1 + f / 700), peak 1, no
/// area normalisation). The definition is `log_mel` in training/align/geometry.py.
/// Immutable after construction, so that threads may share it.
class LogMel {
 public:
  /// Throws Error(kModel) when the numbers contradict each other.
  explicit LogMel(const LogMelGeometry& geometry);

  const LogMelGeometry& geometry() const { return geometry_; }

  /// Offset of a frame's first sample from its centre: frame k covers the samples
  /// [k * frame_hop + first_sample(), ... + frame_length).
  int first_sample() const { return -(geometry_.frame_length / 2); }

  /// Number of samples under `frames` successive frames.
  std::size_t samples_for(int frames) const;

  /// `samples`: samples_for(frames) of them, in [-1, 1], the first one under the first frame.
  /// `mel`: [frames, mel_bands], row-major.
  void compute(std::span<const float> samples, int frames, std::span<float> mel) const;

 private:
  struct Band {
    int first_bin = 0;
    std::vector<float> weights;
  };

  LogMelGeometry geometry_;
  RealFft fft_;
  std::vector<double> window_;
  std::vector<Band> bands_;
};

}  // namespace attune::models
