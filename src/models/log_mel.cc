#include "models/log_mel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.h"
#include "models/mel_scale.h"

namespace attune::models {

namespace {

const LogMelGeometry& checked(const LogMelGeometry& g) {
  const bool sound = g.sample_rate_hz > 0 && g.frame_hop > 0 && g.frame_length > 0 &&
                     g.frame_length <= g.fft_size && g.mel_bands > 0 && g.mel_low_hz >= 0 &&
                     g.mel_low_hz < g.mel_high_hz && g.mel_high_hz <= g.sample_rate_hz / 2.0 &&
                     g.mel_floor > 0;
  if (!sound) {
    throw Error(ErrorKind::kModel,
                fmt::format("log-mel geometry of the weights makes no sense: {} Hz, frames of {} "
                            "samples every {}, FFT {}, {} bands from {} to {} Hz, floor {}",
                            g.sample_rate_hz, g.frame_length, g.frame_hop, g.fft_size, g.mel_bands,
                            g.mel_low_hz, g.mel_high_hz, g.mel_floor));
  }
  return g;
}

}  // namespace

LogMel::LogMel(const LogMelGeometry& geometry)
    : geometry_(checked(geometry)), fft_(geometry.fft_size), window_(geometry.frame_length) {
  for (int n = 0; n < geometry.frame_length; ++n) {
    window_[n] = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * n / geometry.frame_length);
  }
  const double low = mel(geometry.mel_low_hz);
  const double step = (mel(geometry.mel_high_hz) - low) / (geometry.mel_bands + 1);
  const double hz_per_bin = static_cast<double>(geometry.sample_rate_hz) / geometry.fft_size;
  for (int m = 0; m < geometry.mel_bands; ++m) {
    const double left = hertz(low + m * step);
    const double peak = hertz(low + (m + 1) * step);
    const double right = hertz(low + (m + 2) * step);
    Band band;
    for (int b = 0; b < fft_.bins(); ++b) {
      const double hz = b * hz_per_bin;
      const double weight = std::min((hz - left) / (peak - left), (right - hz) / (right - peak));
      if (weight <= 0) continue;
      if (band.weights.empty()) band.first_bin = b;
      band.weights.push_back(static_cast<float>(weight));
    }
    bands_.push_back(std::move(band));
  }
}

std::size_t LogMel::samples_for(int frames) const {
  if (frames <= 0) return 0;
  return static_cast<std::size_t>(frames - 1) * geometry_.frame_hop + geometry_.frame_length;
}

void LogMel::compute(std::span<const float> samples, int frames, std::span<float> mel) const {
  if (samples.size() != samples_for(frames) ||
      mel.size() != static_cast<std::size_t>(std::max(frames, 0)) * bands_.size()) {
    throw Error(ErrorKind::kUsage,
                fmt::format("log-mel of {} frames needs {} samples and room for {} values, got {} "
                            "and {}",
                            frames, samples_for(frames), frames * bands_.size(), samples.size(),
                            mel.size()));
  }
  std::vector<double> windowed(window_.size());
  std::vector<double> power(fft_.bins());
  for (int frame = 0; frame < frames; ++frame) {
    const float* first = samples.data() + static_cast<std::size_t>(frame) * geometry_.frame_hop;
    for (std::size_t n = 0; n < window_.size(); ++n) windowed[n] = first[n] * window_[n];
    fft_.power_spectrum(windowed, power);
    float* row = mel.data() + static_cast<std::size_t>(frame) * bands_.size();
    for (std::size_t m = 0; m < bands_.size(); ++m) {
      double energy = 0;
      for (std::size_t i = 0; i < bands_[m].weights.size(); ++i) {
        energy += bands_[m].weights[i] * power[bands_[m].first_bin + i];
      }
      row[m] = static_cast<float>(std::log(std::max(energy, geometry_.mel_floor)));
    }
  }
}

}  // namespace attune::models
