#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/real_fft.h"
#include "tensor/tensor.h"

namespace attune::models {

/// Mel-frequency cepstral coefficients as the published active-speaker networks were trained on
/// (python_speech_features' defaults, 16 kHz): pre-emphasis 0.97, rectangular frames of 400 samples
/// every 160, 512-point power spectrum, 26 mel bands, natural log, orthonormal DCT-II, 13
/// coefficients liftered by 22, the first one replaced by the log energy. The samples count on the
/// 16-bit scale; digital silence gives (-36.04, 0, .. 0).
///
/// Immutable after construction, so that threads may share it.
class Mfcc {
 public:
  static constexpr int kSampleRateHz = 16000;
  static constexpr int kFrameSamples = 400;
  static constexpr int kHopSamples = 160;
  static constexpr int kCoefficients = 13;

  Mfcc();

  /// Rows that `samples` samples give: 1 + ceil((samples - 400) / 160), at least 1; 0 for none.
  static std::int64_t rows(std::int64_t samples);

  /// `samples` in [-1, 1], 16 kHz mono -> [rows, 13]; row r begins at sample 160 r, the last one is
  /// filled up with zeros. `before`: the sample in front of the first, so that a stretch from the
  /// middle of a recording gives the same rows as the whole.
  tensor::Tensor operator()(std::span<const float> samples, float before = 0) const;

 private:
  void row(std::span<const double> frame, float* coefficients) const;

  struct Band {
    int first_bin = 0;
    std::vector<double> weights;
  };

  RealFft fft_;
  std::vector<Band> bands_;
  /// [13][26]: DCT and lifter in one.
  std::vector<std::vector<double>> cosines_;
};

}  // namespace attune::models
