#pragma once

// Inside src/attention only: the attention of one head, computed block by block in vector
// registers. Products, softmax and weighted sum of a block follow each other while its scores are
// in the first-level cache.

#include <cstdint>
#include <span>

namespace attune::attention {

/// Keys are taken in blocks that begin at multiples of this row, whichever rows are asked for: the
/// same row then goes through the same operations however a sequence was cut.
inline constexpr std::int64_t kKeyBlock = 128;
/// Queries taken at once, at most.
inline constexpr std::int64_t kTaskQueries = 192;

enum class Precision { kFloat32, kBFloat16 };

/// Rows [begin, end) of a sequence.
struct KeyRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// A value that is not finite. It is zero in the matrix, because 0 * NaN is NaN, and is added to
/// the rows that may attend to it by hand.
struct StrayValue {
  std::int64_t row = 0;
  std::int64_t column = 0;
  float value = 0;
};

/// Keys and values that the queries may look at. Elements are float32, or bfloat16 with the values
/// packed by pack_value_pairs.
struct KeySequence {
  const void* key = nullptr;
  /// Elements from row to row; the elements of a row lie side by side.
  std::int64_t key_stride = 0;
  const void* value = nullptr;
  std::int64_t value_stride = 0;
  /// Rows that exist.
  KeyRange rows;
  /// Not 0: row j lies at j modulo this, a multiple of kKeyBlock.
  std::int64_t ring = 0;
  /// The rows that each query may attend to; null: all that exist.
  const KeyRange* ranges = nullptr;
  /// Queries attend to the rows outside their ranges instead.
  bool outside = false;
  /// Added to the logits of each row; may be null.
  const float* key_bias = nullptr;
  /// In order of rows.
  std::span<const StrayValue> strays{};
  /// Group of each row; null: all of `group`.
  const std::int32_t* groups = nullptr;
  std::int32_t group = 0;
  /// Position of each row; null: the row's number plus `first_position`.
  const std::int64_t* positions = nullptr;
  std::int64_t first_position = 0;
};

/// Elements [queries, keys] of one batch element and head; a stride of 0 repeats.
template <class T>
struct ScoreView {
  const T* data = nullptr;
  std::int64_t row_stride = 0;
  std::int64_t column_stride = 0;
};

/// Written per query row: [queries, columns].
struct RowsOut {
  float* data = nullptr;
  std::int64_t row_stride = 0;
  std::int64_t column_stride = 0;
};

/// What is asked for besides the output.
struct HeadReadout {
  /// [queries, rows] of the first sequence.
  RowsOut weights;
  /// Sums of weights over the keys of a group: [queries, groups].
  RowsOut group_sums;
  std::int64_t groups = 0;
  /// Sums of weights over the keys at the positions first_offset, first_offset + 1, ... from the
  /// query's: [queries, offsets]. With a row stride of 0 summed over queries too, and added to what
  /// is there.
  RowsOut offset_sums;
  std::int64_t first_offset = 0;
  std::int64_t offsets = 0;
  /// Null: the query's number.
  const std::int64_t* query_positions = nullptr;

  bool any() const {
    return weights.data != nullptr || group_sums.data != nullptr || offset_sums.data != nullptr;
  }
};

struct FusedProblem {
  Precision precision = Precision::kFloat32;
  /// [queries, key width], float32 or bfloat16.
  const void* query = nullptr;
  std::int64_t query_stride = 0;
  std::int64_t query_column_stride = 1;
  std::int64_t queries = 0;
  std::int64_t key_width = 0;
  std::int64_t value_width = 0;
  float scale = 1;
  std::span<const KeySequence> sequences;
  /// Of the first sequence.
  ScoreView<float> bias;
  ScoreView<std::uint8_t> mask;
  /// The relative bias turned round: key j of query i takes entry i - j + reversed_zero, and 0
  /// outside [0, reversed_size).
  const float* reversed_bias = nullptr;
  std::int64_t reversed_size = 0;
  std::int64_t reversed_zero = 0;
  RowsOut output;
  HeadReadout readout;
};

/// Queries that fill the vector registers of this processor: a good granularity.
std::int64_t fused_query_group();

/// Attention of the queries [first, first + count), count at most kTaskQueries. The bits of a row
/// depend on that row, its keys and its options alone, unless a value that is not finite is hidden
/// from some of the queries and not among the `strays`: then it may reach them all the same, and
/// the result is false, as always when something that is not finite came out. Uses
/// Scratch::of_task(); kBFloat16 needs tensor::has_bfloat16().
bool fused_attention(const FusedProblem& problem, std::int64_t first, std::int64_t count);

/// Rows of bfloat16 values, interleaved by pairs of rows as the dot product instruction takes
/// them: [(rows + 1) / 2, width, 2], a missing last row being zero.
void pack_value_pairs(const std::uint16_t* value, std::int64_t row_stride,
                      std::int64_t column_stride, std::int64_t rows, std::int64_t width,
                      std::uint16_t* packed);

}  // namespace attune::attention
