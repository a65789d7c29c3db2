#pragma once

namespace attune::tensor {

/// True where oneDNN says that this processor multiplies bfloat16 matrices in hardware
/// (AVX512-BF16 or AMX). ONEDNN_MAX_CPU_ISA lowers the answer.
bool has_bfloat16();

}  // namespace attune::tensor
