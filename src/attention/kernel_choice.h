#pragma once

// Inside src/attention only.

#include <string_view>

#include "attention/cross_attention.h"

namespace attune::attention {

struct KernelChoice {
  Kernel kernel;
  /// For the debug log.
  std::string_view reason;
};

/// The kernel that `auto` stands for, or the one that is asked for.
KernelChoice choose_kernel(const CrossAttentionOptions& options);

}  // namespace attune::attention
