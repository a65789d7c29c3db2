#include "tensor/processor.h"

#include <dnnl.hpp>

namespace attune::tensor {

bool has_bfloat16() {
  // The names of instruction sets are sets of bits: a better one holds those below it.
  constexpr auto kBFloat16 = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
  static const bool has =
      (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & kBFloat16) == kBFloat16;
  return has;
}

}  // namespace attune::tensor
