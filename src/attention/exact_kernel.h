#pragma once

// Inside src/attention only.

#include "attention/cross_attention.h"

namespace attune::attention {

/// The reference: a matrix product, a softmax and a matrix product on oneDNN, for blocks of 128
/// queries with all their keys. The arguments have been checked; there is no compression.
void exact_attention(const HeadsView<const float>& query, const HeadsView<const float>& key,
                     const HeadsView<const float>& value, const HeadsView<float>& output,
                     const CrossAttentionOptions& options, const AttentionReadout& readout);

}  // namespace attune::attention
