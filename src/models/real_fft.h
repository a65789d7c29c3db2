#pragma once

#include <complex>
#include <span>
#include <vector>

namespace attune::models {

/// Fourier transform of real sequences whose length is even and has no prime factor above 5, by a
/// complex transform of half the length (Cooley-Tukey, radices 2, 3 and 5, decimation in time). In
/// double, because a log spectrum shows quiet bins beside loud ones. Immutable after construction,
/// so that threads may share it.
class RealFft {
 public:
  /// `size`: even, at least 4, a product of twos, threes and fives. Throws Error(kUsage) otherwise.
  explicit RealFft(int size);

  int size() const { return size_; }
  int bins() const { return size_ / 2 + 1; }

  /// power[b] = |sum over n of input[n] exp(-2 pi i b n / size)|^2 for b = 0 .. size / 2.
  /// `input` may be shorter than `size`: zeros follow. `power` holds bins() values.
  void power_spectrum(std::span<const double> input, std::span<double> power) const;

 private:
  void transform(std::vector<std::complex<double>>& z) const;
  /// Element k of `radix` transforms of `span` elements becomes elements k, k + span, ... of the
  /// transform of them all; in place, first[0], first[span], ...
  void join(std::complex<double>* first, int radix, int span, int k) const;

  int size_;
  /// Radices of the half-length transform, the first stage's first.
  std::vector<int> radices_;
  /// Position of element i of the half-length sequence after its digits are reversed.
  std::vector<int> reversed_;
  /// exp(-2 pi i k / size), k = 0 .. size - 1.
  std::vector<std::complex<double>> twiddles_;
};

}  // namespace attune::models
