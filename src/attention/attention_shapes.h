#pragma once

#include "attention/cross_attention.h"

namespace attune::attention {

/// Throws Error(kUsage), naming the argument and the shapes, unless the arguments of a
/// cross-attention fit together.
void check_shapes(const HeadsView<const float>& query, const HeadsView<const float>& key,
                  const HeadsView<const float>& value, const HeadsView<float>& output,
                  const CrossAttentionOptions& options, const HeadsView<float>& weights);

}  // namespace attune::attention
