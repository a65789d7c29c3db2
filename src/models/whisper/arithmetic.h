#pragma once

#include <string_view>

#include "tensor/precision.h"

namespace attune::models::whisper {

/// The numbers that matrix products are done in, from its name: "f32", "bf16", "int8", or "auto":
/// bfloat16 where the processor multiplies it in hardware, else float32.
/// Throws Error(kUsage) for another name, and for "bf16" where the processor has none.
tensor::Precision arithmetic(std::string_view name);

}  // namespace attune::models::whisper
