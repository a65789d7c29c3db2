#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace attune::tensor {

/// The upper half of a float32: 8 bits of exponent, 8 of significand (one implied). A storage type;
/// arithmetic is done in float32.
struct BFloat16 {
  std::uint16_t bits = 0;

  /// To nearest, ties to even; NaN stays NaN.
  static BFloat16 round(float value) {
    const auto word = std::bit_cast<std::uint32_t>(value);
    if (std::isnan(value)) return {static_cast<std::uint16_t>((word >> 16) | 0x40)};
    return {static_cast<std::uint16_t>((word + 0x7FFF + ((word >> 16) & 1)) >> 16)};
  }

  float value() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }
};

}  // namespace attune::tensor
