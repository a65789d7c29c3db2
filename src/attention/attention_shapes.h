#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "attention/cross_attention.h"

namespace attune::attention {

/// Of a view: batch, heads, length, width.
using Extents = std::array<std::int64_t, 4>;

/// "[1, 4, 100, 32]"
std::string text(const Extents& shape);

/// Throws Error(kUsage), naming the argument and the shapes, unless the arguments of a
/// cross-attention fit together. T: float or tensor::BFloat16.
template <class T>
void check_shapes(const HeadsView<const T>& query, const HeadsView<const T>& key,
                  const HeadsView<const T>& value, const HeadsView<float>& output,
                  const CrossAttentionOptions& options, const AttentionReadout& readout);

/// Throws Error(kUsage), naming what is wrong, unless the kernel can do what the options ask for.
void check_options(const CrossAttentionOptions& options, const AttentionReadout& readout,
                   std::int64_t heads);

/// Throws Error(kUsage) unless a window can hold a key.
void check_window_width(std::int64_t before, std::int64_t after);

}  // namespace attune::attention
