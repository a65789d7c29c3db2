#pragma once

// Inside src/attention only: query, key and value in the layouts that the fused kernel reads.

#include <cstdint>
#include <span>
#include <vector>

#include "attention/fused_kernel.h"
#include "attention/heads_view.h"
#include "attention/scratch.h"
#include "tensor/bfloat16.h"

namespace attune::attention {

/// One operand as the kernel reads it: the caller's memory where that is possible, else a copy.
struct Operand {
  const void* data = nullptr;
  std::int64_t element_bytes = 0;
  std::int64_t batch_stride = 0;
  std::int64_t head_stride = 0;
  std::int64_t row_stride = 0;
  std::int64_t column_stride = 1;

  const void* head(std::int64_t batch, std::int64_t head) const {
    return static_cast<const char*>(data) +
           (batch * batch_stride + head * head_stride) * element_bytes;
  }
};

/// What a copy would take; 0 where the kernel can read the view as it is.
std::size_t rows_copy_bytes(const HeadsView<const float>& view);
std::size_t rows_copy_bytes(const HeadsView<const tensor::BFloat16>& view);
std::size_t value_pairs_bytes(const HeadsView<const tensor::BFloat16>& view);

/// Rows whose elements lie side by side; those of bfloat16 in whole pairs, the last one filled up
/// with zero.
Operand contiguous_rows(const HeadsView<const float>& view, Scratch& scratch);
Operand contiguous_rows(const HeadsView<const tensor::BFloat16>& view, Scratch& scratch);

/// Values interleaved by pairs of rows (pack_value_pairs); zeros behind the rows of each batch
/// element that exist, which are all where `lengths` is empty.
Operand value_pairs(const HeadsView<const tensor::BFloat16>& view,
                    std::span<const std::int64_t> lengths, Scratch& scratch);

/// The operands of a call on bfloat16 as float32.
struct WidenedInputs {
  WidenedInputs(const HeadsView<const tensor::BFloat16>& query,
                const HeadsView<const tensor::BFloat16>& key,
                const HeadsView<const tensor::BFloat16>& value);

  /// Of the calling thread; valid until the next such call on it.
  HeadsView<const float> query;
  HeadsView<const float> key;
  HeadsView<const float> value;
};

/// The view itself.
Operand as_it_is(const HeadsView<const float>& view);

/// True where a value of the rows [0, length of each batch element) is not finite.
bool holds_strays(const HeadsView<const float>& view, std::span<const std::int64_t> lengths);
bool holds_strays(const HeadsView<const tensor::BFloat16>& view,
                  std::span<const std::int64_t> lengths);

/// The stray values of each batch element and head, and a copy of the view without them.
template <class T>
struct CleanValues {
  std::vector<T> memory;
  HeadsView<const T> view;
  /// [batch * heads]
  std::vector<std::vector<StrayValue>> strays;
};
template <class T>
CleanValues<T> without_strays(const HeadsView<const T>& view);

}  // namespace attune::attention
