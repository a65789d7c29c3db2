#pragma once

// Inside src/attention only: the far context of the compressed kernel.

#include <cstdint>
#include <span>

#include "attention/heads_view.h"

namespace attune::attention {

/// Cells of `stride` rows that cover `length` rows.
inline std::int64_t cell_count(std::int64_t length, std::int64_t stride) {
  return length == 0 ? 0 : (length - 1) / stride + 1;
}

/// One head's rows pooled by cells, to dense [cells, width]. `projection` holds `stride` weights by
/// place in a cell; empty: the mean.
void pool_rows(const HeadsView<const float>& view, std::int64_t batch, std::int64_t head,
               std::int64_t length, std::int64_t stride, std::span<const float> projection,
               float* pooled);

/// The logarithm of the size of each cell.
void log_cell_sizes(std::int64_t length, std::int64_t stride, std::span<float> sizes);

}  // namespace attune::attention
