#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "attention/heads_view.h"
#include "tensor/bfloat16.h"

namespace attune::attention {

/// How a cross-attention is computed. All kernels give the same within rounding where they compute
/// the same thing; only kCompressed computes something else.
enum class Kernel {
  /// Chosen by what is asked for; the debug log says which and why.
  kAuto,
  /// A matrix product, a softmax and a matrix product on oneDNN: the reference. Work and memory of
  /// a block of queries grow with all keys.
  kExact,
  /// Blocks of queries by blocks of keys with an online softmax; memory O(queries + keys).
  kTiled,
  /// The same within a window; work O(queries * window).
  kWindowed,
  /// Exact within the window, and beyond it one pooled key for each `stride` keys.
  kCompressed,
};

std::string_view name(Kernel kernel);

/// Bias by the distance of a key from its query, one row of the table for each head.
struct RelativeBias {
  /// [heads, offsets], row-major; empty when absent. Key j of query i takes entry
  /// j - i - first_offset. The table must cover -(query length - 1) .. key length - 1, or the
  /// window where there is one without times.
  std::span<const float> table{};
  /// Distance (key index - query index) of the table's first column.
  std::int64_t first_offset = 0;
};

/// Which keys a query may attend to, by time: those with
/// -before <= time of key - time of query <= after.
struct KeyWindow {
  /// In units of the times. Negative values are allowed; before + after is not.
  std::int64_t before = 0;
  std::int64_t after = 0;
  /// [query length] and [key length], not descending; empty: 0, 1, 2, ...
  std::span<const std::int64_t> query_times{};
  std::span<const std::int64_t> key_times{};
};

/// Keys beyond the window, pooled by cells of `stride` keys that begin at multiples of it. Cells
/// that the window of a query touches are taken key by key, the others as one key and value each,
/// the logit raised by the logarithm of the cell's size, as if the cell held its mean that often.
struct Compression {
  /// At least 1; 0: no compression.
  std::int64_t stride = 0;
  /// Learned projection of a cell, [heads, stride]: weights of its keys and values by place, used
  /// as they are; a cell cut short by the end of the keys uses the first ones, scaled to the same
  /// sum. Empty: the mean.
  std::span<const float> projection{};
};

struct CrossAttentionOptions {
  /// Factor on the dot products; 1 / sqrt(key width) when absent.
  std::optional<float> scale{};
  /// Added to the scaled dot products: [batch, heads, query length, key length]; each extent may be
  /// 1 instead and then serves for all.
  HeadsView<const float> bias{};
  RelativeBias relative_bias{};
  /// Non-zero where the query may attend to the key; shape as for `bias`. A query that may attend
  /// to no key gets zeros.
  HeadsView<const std::uint8_t> mask{};
  /// Keys of each batch element that exist; those behind are padding and may hold anything, NaN
  /// included. Empty: all of them.
  std::span<const std::int64_t> key_lengths{};
  Kernel kernel = Kernel::kAuto;
  /// A query whose window holds none of the keys gets zeros.
  std::optional<KeyWindow> window{};
  /// Takes a window, and neither bias, relative bias nor mask.
  Compression compression{};
};

/// What may be asked for besides the output; each is written where its data is given. Costs a
/// second pass over the keys, and no memory but a block's. Not with kCompressed.
struct AttentionReadout {
  /// [batch, heads, query length, key length]; each row sums to 1, or is 0.
  HeadsView<float> weights{};
  /// Weights summed over the keys of each group (a track, a person): [batch, heads, query length,
  /// groups].
  HeadsView<float> group_sums{};
  /// [key length]: the group of each key, from 0.
  std::span<const std::int32_t> key_groups{};
  /// Weights summed by position of the key less position of the query: [batch, heads, query
  /// length, offsets], or [batch, heads, 1, offsets] for the sum over queries (in which a row of
  /// NaN makes NaN). Offsets outside first_offset + [0, offsets) are left out.
  HeadsView<float> offset_sums{};
  std::int64_t first_offset = 0;
  /// [query length] and [key length]; empty: 0, 1, 2, ...
  std::span<const std::int64_t> query_positions{};
  std::span<const std::int64_t> key_positions{};
};

/// Attention of one sequence over another (Vaswani et al. 2017, "Attention Is All You Need", 3.2):
///
///     weights[i, j] = softmax over j of (scale query[i] . key[j] + bias[i, j])
///     output[i]     = sum over j of weights[i, j] value[j]
///
/// for each batch element and head by itself; any query and key length, 0 and 1 included.
///
/// query   [batch, heads, query length, key width]
/// key     [batch, heads, key length, key width], key width at least 1
/// value   [batch, heads, key length, value width]
/// output  [batch, heads, query length, value width], written
///
/// Numbers: sums are float32. A weight is never NaN for finite logits; logits must fit float32.
/// Numbers below 2^-126 count as zero. A logit of minus infinity masks. NaN, or an infinite logit,
/// in a query's row makes that row NaN and no other; NaN or infinity in a key or value reaches the
/// rows that may attend to it. The bits of a row depend on that row and its keys alone: not on the
/// number of threads, nor on the other rows.
///
/// Runs on the calling thread and the workers of its TBB arena; work under some tens of
/// microseconds on the calling thread alone. Memory is kept per thread from call to call, so that
/// calls of a size met before do not allocate (but for oneDNN's small arguments with kExact, and
/// for values that are not finite and must be kept from some rows).
///
/// The outputs must not overlap the inputs or themselves. Thread-safe.
/// Throws Error(kUsage), naming the argument, the shapes and what is wrong with them.
void cross_attention(const HeadsView<const float>& query, const HeadsView<const float>& key,
                     const HeadsView<const float>& value, const HeadsView<float>& output,
                     const CrossAttentionOptions& options = {},
                     const AttentionReadout& readout = {});

/// The same on bfloat16. Where the processor multiplies bfloat16 (AVX512-BF16 or AMX, as oneDNN
/// finds it), weights are rounded to bfloat16 before they multiply values, and everything else is
/// float32; elsewhere, and with kExact and kCompressed, the inputs are widened to float32 first.
void cross_attention(const HeadsView<const tensor::BFloat16>& query,
                     const HeadsView<const tensor::BFloat16>& key,
                     const HeadsView<const tensor::BFloat16>& value, const HeadsView<float>& output,
                     const CrossAttentionOptions& options = {},
                     const AttentionReadout& readout = {});

}  // namespace attune::attention
