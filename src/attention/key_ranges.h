#pragma once

#include <cstdint>
#include <span>

#include "attention/cross_attention.h"
#include "attention/fused_kernel.h"

namespace attune::attention {

/// The keys [begin, end) of `keys` keys that each query's window holds; an empty range where it
/// holds none. O(queries + keys).
void key_ranges(const KeyWindow& window, std::int64_t keys, std::span<KeyRange> ranges);

/// The cells of `stride` keys that each range touches.
void cell_ranges(std::span<const KeyRange> ranges, std::int64_t stride, std::span<KeyRange> cells);

}  // namespace attune::attention
