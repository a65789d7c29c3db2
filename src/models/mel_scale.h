#pragma once

// Inside src/models only: O'Shaughnessy's mel scale, as HTK has it.

#include <cmath>

namespace attune::models {

inline double mel(double hz) {
  return 2595 * std::log10(1 + hz / 700);
}
inline double hertz(double mel) {
  return 700 * (std::pow(10, mel / 2595) - 1);
}

}  // namespace attune::models
