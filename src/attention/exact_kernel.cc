#include "attention/exact_kernel.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "attention/flush_denormals.h"
#include "attention/fused_kernel.h"
#include "attention/key_ranges.h"
#include "attention/scratch.h"
#include "attention/task_loop.h"
#include "tensor/matmul.h"
#include "tensor/softmax.h"

namespace attune::attention {

namespace {

using tensor::ConstView;
using tensor::View;

constexpr std::int64_t kQueryBlock = 128;
// Far below the greatest logit, which is 0.
constexpr float kMaskedLogit = std::numeric_limits<float>::lowest() / 4;
constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

const tensor::Matmul& matmul() {
  static const tensor::Matmul product;
  return product;
}

/// Lengths that kernels are compiled for: two to each power of two, so that any length needs few
/// kernels and at most half as much work again.
std::int64_t bucket(std::int64_t length) {
  if (length <= 8) return 8;
  const auto power =
      static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(length - 1)));
  return length <= power + power / 2 ? power + power / 2 : 2 * power;
}

/// One batch element and head of a call.
struct Head {
  const CrossAttentionOptions& options;
  const std::span<const KeyRange> ranges;
  std::int64_t batch;
  std::int64_t head;
  std::int64_t heads;
  /// Keys that exist.
  std::int64_t keys;
  float scale;

  /// Minus infinity where the query may not attend to the key.
  float bias(std::int64_t query, std::int64_t key) const {
    if (!ranges.empty() && (key < ranges[query].begin || key >= ranges[query].end))
      return kMinusInfinity;
    if (options.mask.data != nullptr && *broadcast(options.mask, query, key) == 0)
      return kMinusInfinity;
    float sum = 0;
    if (options.bias.data != nullptr) sum += *broadcast(options.bias, query, key);
    const RelativeBias& relative = options.relative_bias;
    if (!relative.table.empty()) {
      const auto offsets = static_cast<std::int64_t>(relative.table.size()) / heads;
      sum += relative.table[head * offsets + key - query - relative.first_offset];
    }
    return sum;
  }

  bool allowed(std::int64_t query, std::int64_t key) const {
    return bias(query, key) != kMinusInfinity;
  }

  float logit(float product, std::int64_t query, std::int64_t key) const {
    const float added = bias(query, key);
    return added == kMinusInfinity ? added : scale * product + added;
  }

 private:
  template <class T>
  const T* broadcast(const HeadsView<const T>& view, std::int64_t query, std::int64_t key) const {
    const auto index = [&](int axis, std::int64_t i) { return view.shape[axis] == 1 ? 0 : i; };
    return view.at(index(0, batch), index(1, head), index(2, query), index(3, key));
  }
};

enum class RowState : std::uint8_t { kFinite, kMasked, kUndefined };

/// Dot products to logits less the greatest of them, and what the softmax primitive cannot take out
/// of its way: it may lose a NaN, and a row without a logit has no softmax.
RowState prepare_row(const Head& head, std::int64_t query, std::int64_t padded, float* row) {
  float greatest = kMinusInfinity;
  bool undefined = false;
  for (std::int64_t j = 0; j < head.keys; ++j) {
    row[j] = head.logit(row[j], query, j);
    greatest = std::max(greatest, row[j]);
    undefined |= std::isnan(row[j]) || row[j] == -kMinusInfinity;
  }
  if (undefined || greatest == kMinusInfinity) {
    std::fill(row, row + padded, 0.0F);
    return undefined ? RowState::kUndefined : RowState::kMasked;
  }
  for (std::int64_t j = 0; j < head.keys; ++j) row[j] = std::max(row[j] - greatest, kMaskedLogit);
  std::fill(row + head.keys, row + padded, kMaskedLogit);
  return RowState::kFinite;
}

/// Weights of exactly 0 where the query may not attend, and NaN everywhere in an undefined row.
void finish_row(const Head& head, std::int64_t query, RowState state, std::int64_t padded,
                float* row) {
  if (state == RowState::kMasked) {
    std::fill(row, row + padded, 0.0F);
    return;
  }
  for (std::int64_t j = 0; j < head.keys; ++j) {
    if (!head.allowed(query, j)) {
      row[j] = 0;
    } else if (state == RowState::kUndefined) {
      row[j] = std::numeric_limits<float>::quiet_NaN();
    }
  }
  std::fill(row + head.keys, row + padded, 0.0F);
}

/// Rows [first, first + count) of one head to dense [padded, width], zeros behind them.
void pack(const HeadsView<const float>& view, const Head& head, std::int64_t first,
          std::int64_t count, std::int64_t padded, float* to) {
  for (std::int64_t i = first; i < first + count; ++i)
    for (std::int64_t c = 0; c < view.width(); ++c) *to++ = *view.at(head.batch, head.head, i, c);
  std::fill_n(to, (padded - count) * view.width(), 0.0F);
}

/// Takes the values that are not finite out of a dense matrix.
std::vector<StrayValue> take_strays(std::span<float> values, std::int64_t width) {
  std::vector<StrayValue> strays;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    const auto at = static_cast<std::int64_t>(i);
    strays.push_back({at / width, at % width, values[i]});
    values[i] = 0;
  }
  return strays;
}

/// Weights of one block of queries to what was asked for.
void read_out(const AttentionReadout& readout, const Head& head, std::int64_t query,
              const float* row) {
  const auto at = [](std::span<const std::int64_t> positions, std::int64_t index) {
    return positions.empty() ? index : positions[index];
  };
  for (std::int64_t j = 0; j < head.keys; ++j) {
    if (readout.weights.data != nullptr)
      *readout.weights.at(head.batch, head.head, query, j) = row[j];
    if (readout.group_sums.data != nullptr)
      *readout.group_sums.at(head.batch, head.head, query, readout.key_groups[j]) += row[j];
    if (readout.offset_sums.data != nullptr) {
      const std::int64_t offset =
          at(readout.key_positions, j) - at(readout.query_positions, query) - readout.first_offset;
      const std::int64_t to = readout.offset_sums.length() == 1 ? 0 : query;
      if (offset >= 0 && offset < readout.offset_sums.width())
        *readout.offset_sums.at(head.batch, head.head, to, offset) += row[j];
    }
  }
}

void clear(const HeadsView<float>& view, const Head& head) {
  if (view.data == nullptr) return;
  for (std::int64_t i = 0; i < view.length(); ++i)
    for (std::int64_t c = 0; c < view.width(); ++c) *view.at(head.batch, head.head, i, c) = 0;
}

void attend(const HeadsView<const float>& query, const HeadsView<const float>& key,
            const HeadsView<const float>& value, const HeadsView<float>& output, const Head& head,
            const AttentionReadout& readout) {
  const FlushDenormals flush;
  for (const HeadsView<float>* view :
       {&output, &readout.weights, &readout.group_sums, &readout.offset_sums})
    clear(*view, head);
  if (head.keys == 0 || query.length() == 0 || query.width() == 0) return;
  const std::int64_t keys = bucket(head.keys);
  const std::int64_t queries = std::min(kQueryBlock, bucket(query.length()));
  Scratch& scratch = Scratch::of_task();
  const std::int64_t floats = keys * (key.width() + value.width()) + queries * query.width() +
                              queries * keys + queries * value.width();
  scratch.reset(floats * sizeof(float) + queries, 6);
  const auto k = scratch.take<float>(keys * key.width());
  const auto v = scratch.take<float>(keys * value.width());
  const auto q = scratch.take<float>(queries * query.width());
  const auto weights = scratch.take<float>(queries * keys);
  const auto attended = scratch.take<float>(queries * value.width());
  const auto states = scratch.take<RowState>(queries);
  pack(key, head, 0, head.keys, keys, k.data());
  pack(value, head, 0, head.keys, keys, v.data());
  const std::vector<StrayValue> strays = take_strays(v, value.width());

  for (std::int64_t first = 0; first < query.length(); first += queries) {
    const std::int64_t count = std::min(queries, query.length() - first);
    pack(query, head, first, count, queries, q.data());
    matmul()(ConstView(q.data(), {queries, query.width()}),
             ConstView(k.data(), {keys, key.width()}).transposed(),
             View(weights.data(), {queries, keys}));
    for (std::int64_t i = 0; i < queries; ++i) {
      float* row = weights.data() + i * keys;
      states[i] = RowState::kMasked;
      if (i < count) {
        states[i] = prepare_row(head, first + i, keys, row);
      } else {
        std::fill(row, row + keys, 0.0F);
      }
    }
    tensor::softmax(weights.data(), queries, keys, keys);
    for (std::int64_t i = 0; i < count; ++i)
      finish_row(head, first + i, states[i], keys, weights.data() + i * keys);
    if (value.width() > 0)
      matmul()(ConstView(weights.data(), {queries, keys}),
               ConstView(v.data(), {keys, value.width()}),
               View(attended.data(), {queries, value.width()}));
    for (std::int64_t i = 0; i < count; ++i) {
      const float* row = weights.data() + i * keys;
      float* result = attended.data() + i * value.width();
      for (const StrayValue& stray : strays) {
        if (states[i] != RowState::kMasked && head.allowed(first + i, stray.row))
          result[stray.column] += row[stray.row] * stray.value;
      }
      for (std::int64_t c = 0; c < value.width(); ++c)
        *output.at(head.batch, head.head, first + i, c) = result[c];
      read_out(readout, head, first + i, row);
    }
  }
}

}  // namespace

void exact_attention(const HeadsView<const float>& query, const HeadsView<const float>& key,
                     const HeadsView<const float>& value, const HeadsView<float>& output,
                     const CrossAttentionOptions& options, const AttentionReadout& readout) {
  Scratch& scratch = Scratch::of_call();
  const std::size_t queries = options.window ? query.length() : 0;
  scratch.reset(queries * sizeof(KeyRange), 1);
  const std::span<KeyRange> ranges = scratch.take<KeyRange>(queries);
  if (options.window) key_ranges(*options.window, key.length(), ranges);
  const std::int64_t heads = query.batch() * query.heads();
  const double work = static_cast<double>(heads * query.length()) *
                      static_cast<double>(key.length() * (key.width() + value.width()));
  for_each_task(heads, work, [&](std::int64_t i) {
    const std::int64_t batch = i / query.heads();
    attend(query, key, value, output,
           {.options = options,
            .ranges = ranges,
            .batch = batch,
            .head = i % query.heads(),
            .heads = query.heads(),
            .keys = options.key_lengths.empty() ? key.length() : options.key_lengths[batch],
            .scale = options.scale.value_or(1.0F / std::sqrt(static_cast<float>(query.width())))},
           readout);
  });
}

}  // namespace attune::attention
