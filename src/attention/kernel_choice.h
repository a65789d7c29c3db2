#pragma once

// Inside src/attention only.

#include <string_view>

#include "attention/cross_attention.h"

namespace attune::attention {

struct KernelChoice {
  Kernel kernel;
  /// The window may be left out: it holds every key.
  bool without_window = false;
  /// For the debug log.
  std::string_view reason;
};

/// The kernel that `auto` stands for at these lengths, or the one that is asked for.
KernelChoice choose_kernel(const CrossAttentionOptions& options, std::int64_t queries,
                           std::int64_t keys);

}  // namespace attune::attention
