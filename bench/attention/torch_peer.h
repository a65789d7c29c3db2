#pragma once

#include <functional>

#include "inputs.h"

namespace attune::bench {

/// PyTorch on one thread: softmax(q k^T / sqrt(d)) v as every tutorial writes it, or with `fused`
/// its own scaled_dot_product_attention.
std::function<void()> torch_attention(const Shape& shape, bool fused);

}  // namespace attune::bench
