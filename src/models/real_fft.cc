#include "models/real_fft.h"

#include <fmt/format.h>

#include <array>
#include <numbers>

#include "core/error.h"

namespace attune::models {

namespace {

using Complex = std::complex<double>;

// std::complex's product checks for infinities that cannot occur here.
Complex multiply(Complex a, Complex b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

constexpr int kLargestRadix = 5;

/// Empty where a greater prime is left over.
std::vector<int> radices(int length) {
  std::vector<int> result;
  for (const int radix : {2, 3, kLargestRadix}) {
    for (; length % radix == 0; length /= radix) result.push_back(radix);
  }
  if (length != 1) result.clear();
  return result;
}

}  // namespace

RealFft::RealFft(int size) : size_(size) {
  if (size >= 4 && size % 2 == 0) radices_ = radices(size / 2);
  if (radices_.empty()) {
    throw Error(ErrorKind::kUsage,
                fmt::format("FFT size {} is not an even product of twos, threes and fives of at "
                            "least 4",
                            size));
  }
  const int half = size / 2;
  reversed_.resize(half);
  for (int i = 0; i < half; ++i) {
    // The last stage joins the subsequences that a division by its radix tells apart.
    int rest = i;
    int block = half;
    for (auto radix = radices_.rbegin(); radix != radices_.rend(); ++radix) {
      block /= *radix;
      reversed_[i] += rest % *radix * block;
      rest /= *radix;
    }
  }
  twiddles_.resize(size);
  for (int k = 0; k < size; ++k) {
    twiddles_[k] = std::polar(1.0, -2 * std::numbers::pi * k / size);
  }
}

void RealFft::join(Complex* first, int radix, int span, int k) const {
  const int step = size_ / (radix * span);
  if (radix == 2) {
    const Complex odd = multiply(first[span], twiddles_[k * step]);
    first[span] = first[0] - odd;
    first[0] += odd;
    return;
  }
  std::array<Complex, kLargestRadix> parts;
  for (int q = 0; q < radix; ++q) parts[q] = multiply(first[q * span], twiddles_[q * k * step]);
  for (int p = 0; p < radix; ++p) {
    Complex sum = parts[0];
    for (int q = 1; q < radix; ++q) {
      sum += multiply(parts[q], twiddles_[p * q % radix * (size_ / radix)]);
    }
    first[p * span] = sum;
  }
}

void RealFft::transform(std::vector<Complex>& z) const {
  int span = 1;
  for (const int radix : radices_) {
    for (int start = 0; start < size_ / 2; start += radix * span) {
      for (int k = 0; k < span; ++k) join(z.data() + start + k, radix, span, k);
    }
    span *= radix;
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
