#pragma once

// Inside src/attention only: a whole cross-attention on the fused kernel.

#include "attention/cross_attention.h"

namespace attune::attention {

/// The arguments have been checked. Tiled, windowed where the options hold a window, compressed
/// where they hold a compression. T: float or tensor::BFloat16, the latter needing
/// tensor::has_bfloat16().
template <class T>
void fused_call(const HeadsView<const T>& query, const HeadsView<const T>& key,
                const HeadsView<const T>& value, const HeadsView<float>& output,
                const CrossAttentionOptions& options, const AttentionReadout& readout);

}  // namespace attune::attention
