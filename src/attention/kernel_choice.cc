#include "attention/kernel_choice.h"

namespace attune::attention {

std::string_view name(Kernel kernel) {
  switch (kernel) {
    case Kernel::kAuto:
      return "auto";
    case Kernel::kExact:
      return "exact";
    case Kernel::kTiled:
      return "tiled";
    case Kernel::kWindowed:
      return "windowed";
    case Kernel::kCompressed:
      return "compressed";
  }
  return "unknown";
}

KernelChoice choose_kernel(const CrossAttentionOptions& options) {
  if (options.kernel != Kernel::kAuto) return {options.kernel, "asked for"};
  if (options.compression.stride != 0)
    return {Kernel::kCompressed, "there is a stride of compression"};
  if (options.window) return {Kernel::kWindowed, "there is a window"};
  return {Kernel::kTiled, "every query sees every key"};
}

}  // namespace attune::attention
