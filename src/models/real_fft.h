#pragma once

#include <complex>
#include <span>
#include <vector>

namespace attune::models {

/// Fourier transform of real sequences whose length is a power of two, by a complex transform of
/// half the length (Cooley-Tukey, radix 2, decimation in time). In double, because a log spectrum
/// shows quiet bins beside loud ones. Immutable after construction, so that threads may share it.
class RealFft {
 public:
  /// `size`: a power of two, at least 4. Throws Error(kUsage) otherwise.
  explicit RealFft(int size);

  int size() const { return size_; }
  int bins() const { return size_ / 2 + 1; }

  /// power[b] = |sum over n of input[n] exp(-2 pi i b n / size)|^2 for b = 0 .. size / 2.
  /// `input` may be shorter than `size`: zeros follow. `power` holds bins() values.
  void power_spectrum(std::span<const double> input, std::span<double> power) const;

 private:
  void transform(std::vector<std::complex<double>>& z) const;

  int size_;
  /// Position of element i of the half-length sequence after bit reversal.
  std::vector<int> reversed_;
  /// exp(-2 pi i k / size), k = 0 .. size / 2.
  std::vector<std::complex<double>> twiddles_;
};

}  // namespace attune::models
