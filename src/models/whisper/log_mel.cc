#include "models/whisper/log_mel.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace attune::models::whisper {
namespace {

constexpr int kFrameLength = 400;
constexpr int kFrameHop = 160;
constexpr double kSmallestPower = 1e-10;
constexpr float kRange = 8;

/// The window's sound with half a frame of it mirrored at both ends; the first and last sample are
/// not repeated.
std::vector<double> padded(std::span<const float> samples) {
  constexpr int kHalf = kFrameLength / 2;
  const auto length = std::min<std::size_t>(samples.size(), kWindowSamples);
  std::vector<double> result(kWindowSamples + kFrameLength);
  double* window = result.data() + kHalf;
  std::copy_n(samples.begin(), length, window);
  for (int i = 1; i <= kHalf; ++i) {
    window[-i] = window[i];
    window[kWindowSamples - 1 + i] = window[kWindowSamples - 1 - i];
  }
  return result;
}

void compress_range(tensor::Tensor& mel) {
  const float greatest = *std::max_element(mel.values().begin(), mel.values().end());
  for (float& value : mel.values()) value = (std::max(value, greatest - kRange) + 4) / 4;
}

/// Slaney's scale: mel 15 at 1,000 Hz, and a factor of 6.4 in frequency for each 27 mel above.
double hertz(double mel) {
  return mel < 15 ? mel * 200 / 3 : 1000 * std::pow(6.4, (mel - 15) / 27);
}

constexpr double kHighestHz = 8000;

double mel_of_highest() {
  return 15 + 27 * std::log(kHighestHz / 1000) / std::log(6.4);
}

}  // namespace

LogMel::LogMel(const tensor::Tensor& filters) : fft_(kFrameLength), window_(kFrameLength) {
  tensor::expect_shape(filters, {-1, kSpectrumBins}, "mel filters");
  for (int n = 0; n < kFrameLength; ++n)
    window_[n] = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * n / kFrameLength);
  for (std::int64_t band = 0; band < filters.dim(0); ++band) {
    const float* row = filters.data() + band * kSpectrumBins;
    int begin = 0;
    int end = kSpectrumBins;
    while (begin < end && row[begin] == 0) ++begin;
    while (begin < end && row[end - 1] == 0) --end;
    bands_.push_back({begin, std::vector<double>(row + begin, row + end)});
  }
}

tensor::Tensor LogMel::operator()(std::span<const float> samples) const {
  const std::vector<double> sound = padded(samples);
  tensor::Tensor mel({kWindowFrames, static_cast<std::int64_t>(bands_.size())});
  std::vector<double> windowed(kFrameLength);
  std::vector<double> power(kSpectrumBins);
  float* out = mel.data();
  for (int frame = 0; frame < kWindowFrames; ++frame) {
    const double* first = sound.data() + static_cast<std::ptrdiff_t>(frame) * kFrameHop;
    for (int n = 0; n < kFrameLength; ++n) windowed[n] = first[n] * window_[n];
    fft_.power_spectrum(windowed, power);
    for (const Band& band : bands_) {
      double energy = 0;
      for (std::size_t i = 0; i < band.weights.size(); ++i)
        energy += band.weights[i] * power[band.first_bin + i];
      *out++ = static_cast<float>(std::log10(std::max(energy, kSmallestPower)));
    }
  }
  compress_range(mel);
  return mel;
}

tensor::Tensor mel_filters(int bands) {
  tensor::Tensor filters({bands, kSpectrumBins});
  const double step = mel_of_highest() / (bands + 1);
  constexpr double kHzPerBin = static_cast<double>(kSampleRateHz) / kFrameLength;
  for (int band = 0; band < bands; ++band) {
    const double left = hertz(band * step);
    const double peak = hertz((band + 1) * step);
    const double right = hertz((band + 2) * step);
    for (int bin = 0; bin < kSpectrumBins; ++bin) {
      const double hz = bin * kHzPerBin;
      const double height = std::min((hz - left) / (peak - left), (right - hz) / (right - peak));
      filters.at({band, bin}) = static_cast<float>(std::max(height, 0.0) * 2 / (right - left));
    }
  }
  return filters;
}

}  // namespace attune::models::whisper
