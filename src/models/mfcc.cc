#include "models/mfcc.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "models/mel_scale.h"

namespace attune::models {
namespace {

constexpr int kFftSize = 512;
constexpr int kBands = 26;
constexpr int kLifter = 22;
constexpr double kPreEmphasis = 0.97;
constexpr double kFullScale = 32768;
constexpr double kSilence = std::numeric_limits<double>::epsilon();

// Band edges on the bins of the spectrum, equally far apart in mel, from 0 Hz to half the rate.
std::array<int, kBands + 2> band_edges() {
  std::array<int, kBands + 2> edges{};
  const double top = mel(Mfcc::kSampleRateHz / 2.0);
  for (int i = 0; i < kBands + 2; ++i)
    edges[static_cast<std::size_t>(i)] = static_cast<int>(
        std::floor((kFftSize + 1) * hertz(top * i / (kBands + 1)) / Mfcc::kSampleRateHz));
  return edges;
}

double log_floored(double energy) {
  return std::log(energy == 0 ? kSilence : energy);
}

}  // namespace

Mfcc::Mfcc() : fft_(kFftSize) {
  const auto edges = band_edges();
  for (std::size_t j = 0; j < kBands; ++j) {
    const double low = edges[j];
    const double middle = edges[j + 1];
    const double high = edges[j + 2];
    Band band{edges[j], {}};
    for (double bin = low; bin < high; ++bin)
      band.weights.push_back(bin < middle ? (bin - low) / (middle - low)
                                          : (high - bin) / (high - middle));
    bands_.push_back(std::move(band));
  }
  for (int n = 0; n < kCoefficients; ++n) {
    const double norm = std::sqrt((n == 0 ? 1.0 : 2.0) / kBands);
    const double lift = 1 + kLifter / 2.0 * std::sin(std::numbers::pi * n / kLifter);
    std::vector<double> cosine(kBands);
    for (int k = 0; k < kBands; ++k)
      cosine[static_cast<std::size_t>(k)] =
          lift * norm * std::cos(std::numbers::pi * n * (2 * k + 1) / (2.0 * kBands));
    cosines_.push_back(std::move(cosine));
  }
}

std::int64_t Mfcc::rows(std::int64_t samples) {
  if (samples <= 0) return 0;
  return 1 + (std::max<std::int64_t>(samples - kFrameSamples, 0) + kHopSamples - 1) / kHopSamples;
}

tensor::Tensor Mfcc::operator()(std::span<const float> samples, float before) const {
  const auto count = rows(static_cast<std::int64_t>(samples.size()));
  tensor::Tensor result({count, kCoefficients});
  std::array<double, kFrameSamples> frame{};
  for (std::int64_t r = 0; r < count; ++r) {
    const auto first = static_cast<std::size_t>(r) * kHopSamples;
    const auto length = std::min<std::size_t>(kFrameSamples, samples.size() - first);
    for (std::size_t i = 0; i < length; ++i) {
      const double previous = first + i == 0 ? before : samples[first + i - 1];
      frame[i] = kFullScale * (samples[first + i] - kPreEmphasis * previous);
    }
    row({frame.data(), length}, result.data() + r * kCoefficients);
  }
  return result;
}

void Mfcc::row(std::span<const double> frame, float* coefficients) const {
  std::array<double, kFftSize / 2 + 1> power{};
  fft_.power_spectrum(frame, power);
  for (double& p : power) p /= kFftSize;
  std::array<double, kBands> logs{};
  for (std::size_t j = 0; j < kBands; ++j) {
    const Band& band = bands_[j];
    logs[j] = log_floored(std::inner_product(band.weights.begin(), band.weights.end(),
                                             power.begin() + band.first_bin, 0.0));
  }
  for (std::size_t n = 0; n < kCoefficients; ++n)
    coefficients[n] =
        static_cast<float>(std::inner_product(logs.begin(), logs.end(), cosines_[n].begin(), 0.0));
  coefficients[0] =
      static_cast<float>(log_floored(std::accumulate(power.begin(), power.end(), 0.0)));
}

}  // namespace attune::models
