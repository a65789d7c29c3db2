#pragma once

#include <cstdint>
#include <random>

namespace attune::scene {

/// Random numbers that are the same with every standard library (the engine is specified by the
/// standard, its distributions are not).
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(engine_() >> 11) * 0x1p-53;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace attune::scene
