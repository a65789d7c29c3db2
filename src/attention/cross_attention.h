#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "attention/heads_view.h"

namespace attune::attention {

/// Bias by the distance of a key from its query, one row of the table for each head.
struct RelativeBias {
  /// [heads, offsets], row-major; empty when absent. Key j of query i takes entry
  /// j - i - first_offset, so that the table must cover -(query length - 1) .. key length - 1.
  std::span<const float> table;
  /// Distance (key index - query index) of the table's first column.
  std::int64_t first_offset = 0;
};

struct CrossAttentionOptions {
  /// Factor on the dot products; 1 / sqrt(key width) when absent.
  std::optional<float> scale;
  /// Added to the scaled dot products: [batch, heads, query length, key length]; each extent may be
  /// 1 instead and then serves for all.
  HeadsView<const float> bias;
  RelativeBias relative_bias;
  /// Non-zero where the query may attend to the key; shape as for `bias`. A query that may attend
  /// to no key gets zeros.
  HeadsView<const std::uint8_t> mask;
  /// Keys of each batch element that exist; those behind are padding and may hold anything, NaN
  /// included. Empty: all of them.
  std::span<const std::int64_t> key_lengths;
};

/// Attention of one sequence over another (Vaswani et al. 2017, "Attention Is All You Need", 3.2):
///
///     weights[i, j] = softmax over j of (scale query[i] . key[j] + bias[i, j])
///     output[i]     = sum over j of weights[i, j] value[j]
///
/// for each batch element and head by itself; any query and key length, 0 and 1 included. Computed
/// in single precision by a matmul, a softmax and a matmul: the score matrix of one head is held at
/// a time. A weight is never NaN for finite logits. NaN or infinity in a query reaches only that
/// query's row; in a key or value it reaches the rows that may attend to it.
///
/// query   [batch, heads, query length, key width]
/// key     [batch, heads, key length, key width], key width at least 1
/// value   [batch, heads, key length, value width]
/// output  [batch, heads, query length, value width], written
/// weights [batch, heads, query length, key length], written where its data is given
///
/// The outputs must not overlap the inputs or themselves. Thread-safe; keeps no state.
/// Throws Error(kUsage), naming the argument and the shapes, when they do not fit together.
void cross_attention(const HeadsView<const float>& query, const HeadsView<const float>& key,
                     const HeadsView<const float>& value, const HeadsView<float>& output,
                     const CrossAttentionOptions& options = {},
                     const HeadsView<float>& weights = {});

}  // namespace attune::attention
