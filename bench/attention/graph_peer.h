#pragma once

#include <functional>

#include "inputs.h"

namespace attune::bench {

/// oneDNN 3's own fused attention, through its graph API, in float32 on one thread. Empty where
/// this oneDNN does not fuse the graph into one kernel.
std::function<void()> onednn_graph_attention(const Shape& shape);

}  // namespace attune::bench
