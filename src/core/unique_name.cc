#include "core/unique_name.h"

#include <fmt/format.h>

#include <random>

namespace attune {

std::string unique_suffix() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace attune
