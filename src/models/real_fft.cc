#include "models/real_fft.h"

#include <fmt/format.h>

#include <bit>
#include <numbers>

#include "core/error.h"

namespace attune::models {

namespace {

using Complex = std::complex<double>;

// std::complex's product checks for infinities that cannot occur here.
Complex multiply(Complex a, Complex b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

}  // namespace

RealFft::RealFft(int size) : size_(size) {
  if (size < 4 || !std::has_single_bit(static_cast<unsigned>(size))) {
    throw Error(ErrorKind::kUsage,
                fmt::format("FFT size {} is not a power of two of at least 4", size));
  }
  const int half = size / 2;
  reversed_.resize(half);
  for (int i = 1; i < half; ++i) {
    reversed_[i] = reversed_[i >> 1] >> 1 | (i & 1 ? half >> 1 : 0);
  }
  twiddles_.resize(half + 1);
  for (int k = 0; k <= half; ++k) {
    twiddles_[k] = std::polar(1.0, -2 * std::numbers::pi * k / size);
  }
}

void RealFft::transform(std::vector<Complex>& z) const {
  const int n = size_ / 2;
  for (int span = 1; span < n; span *= 2) {
    const int step = size_ / (2 * span);
    for (int start = 0; start < n; start += 2 * span) {
      for (int k = 0; k < span; ++k) {
        const Complex odd = multiply(z[start + span + k], twiddles_[k * step]);
        z[start + span + k] = z[start + k] - odd;
        z[start + k] += odd;
      }
    }
  }
}

void RealFft::power_spectrum(std::span<const double> input, std::span<double> power) const {
  if (input.size() > static_cast<std::size_t>(size_) ||
      power.size() != static_cast<std::size_t>(bins())) {
    throw Error(ErrorKind::kUsage, fmt::format("FFT of size {} got {} samples and {} bins", size_,
                                               input.size(), power.size()));
  }
  const int half = size_ / 2;
  const auto sample = [&](std::size_t n) { return n < input.size() ? input[n] : 0.0; };
  std::vector<Complex> z(half);
  for (int i = 0; i < half; ++i) z[reversed_[i]] = {sample(2 * i), sample(2 * i + 1)};
  transform(z);
  // The even samples went in as the real part, the odd ones as the imaginary part.
  for (int b = 0; b <= half; ++b) {
    const Complex a = z[b % half];
    const Complex c = std::conj(z[(half - b) % half]);
    const Complex even = 0.5 * (a + c);
    const Complex odd = multiply(Complex(0, -0.5), a - c);
    power[b] = std::norm(even + multiply(twiddles_[b], odd));
  }
}

}  // namespace attune::models
