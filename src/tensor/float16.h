#pragma once

#include <bit>
#include <cstdint>

namespace attune::tensor {

/// IEEE 754 binary16: 5 bits of exponent, 10 of significand. A storage type; arithmetic is done in
/// float32, which holds every value exactly.
struct Float16 {
  std::uint16_t bits = 0;

  float value() const {
    const std::uint32_t sign = (bits & 0x8000U) << 16;
    const std::uint32_t exponent = (bits >> 10) & 0x1FU;
    const std::uint32_t mantissa = bits & 0x3FFU;
    if (exponent == 0) {  // zero and subnormal numbers: mantissa * 2^-24
      const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
      return sign != 0 ? -magnitude : magnitude;
    }
    if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F800000U | (mantissa << 13));
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  }
};

}  // namespace attune::tensor
