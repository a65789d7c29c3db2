#include "attention/cross_attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "attention/attention_shapes.h"
#include "tensor/matmul.h"
#include "tensor/softmax.h"

namespace attune::attention {

namespace {

using tensor::ConstView;
using tensor::View;

// Far below any logit, and still finite after the greatest logit is subtracted from it.
constexpr float kMaskedLogit = std::numeric_limits<float>::lowest() / 4;

const tensor::Matmul& matmul() {
  static const tensor::Matmul product;
  return product;
}

/// The bias and mask that one head sees.
class Logits {
 public:
  Logits(const CrossAttentionOptions& options, float scale, std::int64_t batch, std::int64_t head,
         std::int64_t heads)
      : options_(options), scale_(scale), batch_(batch), head_(head) {
    if (!options.relative_bias.table.empty()) {
      const auto offsets = static_cast<std::int64_t>(options.relative_bias.table.size()) / heads;
      relative_ = options.relative_bias.table.data() + head * offsets;
    }
  }

  bool allowed(std::int64_t query, std::int64_t key) const {
    return options_.mask.data == nullptr || *broadcast(options_.mask, query, key) != 0;
  }

  float operator()(float product, std::int64_t query, std::int64_t key) const {
    float logit = scale_ * product;
    if (options_.bias.data != nullptr) logit += *broadcast(options_.bias, query, key);
    if (relative_ != nullptr) logit += relative_[key - query - options_.relative_bias.first_offset];
    return logit;
  }

 private:
  template <class T>
  const T* broadcast(const HeadsView<const T>& view, std::int64_t query, std::int64_t key) const {
    const auto index = [&](int axis, std::int64_t i) { return view.shape[axis] == 1 ? 0 : i; };
    return view.at(index(0, batch_), index(1, head_), index(2, query), index(3, key));
  }

  const CrossAttentionOptions& options_;
  float scale_;
  std::int64_t batch_;
  std::int64_t head_;
  const float* relative_ = nullptr;
};

/// Turns a row of dot products into a row of weights; `row` holds `keys` values.
/// The softmax primitive may lose a NaN on its way, so rows that hold one do not get there.
class RowSoftmax {
 public:
  RowSoftmax(const Logits& logits, std::int64_t keys) : logits_(logits), keys_(keys) {}

  void apply(float* weights, std::int64_t queries) {
    states_.assign(queries, State::kFinite);
    for (std::int64_t i = 0; i < queries; ++i) states_[i] = prepare(weights + i * keys_, i);
    tensor::softmax(weights, queries, keys_, keys_);
    for (std::int64_t i = 0; i < queries; ++i) finish(weights + i * keys_, i);
  }

  /// True where key j takes part in query i's sum.
  bool attends(std::int64_t query, std::int64_t key) const {
    return states_[query] != State::kMasked && logits_.allowed(query, key);
  }

 private:
  enum class State { kFinite, kMasked, kUndefined };

  State prepare(float* row, std::int64_t query) const {
    bool any = false;
    bool undefined = false;
    for (std::int64_t j = 0; j < keys_; ++j) {
      const float logit = logits_.allowed(query, j) ? logits_(row[j], query, j)
                                                    : -std::numeric_limits<float>::infinity();
      const bool taken = logit != -std::numeric_limits<float>::infinity();
      any |= taken;
      undefined |= std::isnan(logit) || logit == std::numeric_limits<float>::infinity();
      row[j] = taken ? logit : kMaskedLogit;
    }
    if (!undefined && any) return State::kFinite;
    std::fill(row, row + keys_, 0.0F);
    return undefined ? State::kUndefined : State::kMasked;
  }

  void finish(float* row, std::int64_t query) const {
    if (states_[query] == State::kMasked) {
      std::fill(row, row + keys_, 0.0F);
      return;
    }
    for (std::int64_t j = 0; j < keys_; ++j) {
      if (!logits_.allowed(query, j)) {
        row[j] = 0;
      } else if (states_[query] == State::kUndefined) {
        row[j] = std::numeric_limits<float>::quiet_NaN();
      }
    }
  }

  const Logits& logits_;
  std::int64_t keys_;
  std::vector<State> states_;
};

std::vector<float> packed(const HeadsView<const float>& view, std::int64_t batch, std::int64_t head,
                          std::int64_t rows) {
  std::vector<float> values;
  values.reserve(rows * view.width());
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < view.width(); ++j) values.push_back(*view.at(batch, head, i, j));
  }
  return values;
}

void unpack(const std::vector<float>& values, std::int64_t columns, const HeadsView<float>& view,
            std::int64_t batch, std::int64_t head) {
  for (std::int64_t i = 0; i < view.length(); ++i) {
    for (std::int64_t j = 0; j < view.width(); ++j) {
      *view.at(batch, head, i, j) = j < columns ? values[i * columns + j] : 0.0F;
    }
  }
}

/// A value that is not finite must not reach rows that give it no weight: 0 * NaN is NaN. Such
/// values are taken out of the matrix and added by hand.
class StrayValues {
 public:
  StrayValues(std::vector<float>& values, std::int64_t width) : width_(width) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isfinite(values[i])) continue;
      strays_.push_back({static_cast<std::int64_t>(i), values[i]});
      values[i] = 0;
    }
  }

  void add(const std::vector<float>& weights, std::int64_t queries, std::int64_t keys,
           const RowSoftmax& rows, std::vector<float>& output) const {
    for (const auto& [index, value] : strays_) {
      const std::int64_t key = index / width_;
      for (std::int64_t i = 0; i < queries; ++i) {
        if (rows.attends(i, key))
          output[i * width_ + index % width_] += weights[i * keys + key] * value;
      }
    }
  }

 private:
  struct Stray {
    std::int64_t index;
    float value;
  };

  std::int64_t width_;
  std::vector<Stray> strays_;
};

}  // namespace

void cross_attention(const HeadsView<const float>& query, const HeadsView<const float>& key,
                     const HeadsView<const float>& value, const HeadsView<float>& output,
                     const CrossAttentionOptions& options, const HeadsView<float>& weights) {
  check_shapes(query, key, value, output, options, weights);
  const std::int64_t queries = query.length();
  const float scale = options.scale.value_or(1.0F / std::sqrt(static_cast<float>(query.width())));
  for (std::int64_t b = 0; b < query.batch(); ++b) {
    const std::int64_t keys = options.key_lengths.empty() ? key.length() : options.key_lengths[b];
    for (std::int64_t h = 0; h < query.heads(); ++h) {
      const std::vector<float> q = packed(query, b, h, queries);
      const std::vector<float> k = packed(key, b, h, keys);
      std::vector<float> v = packed(value, b, h, keys);
      const StrayValues strays(v, value.width());
      std::vector<float> scores(queries * keys);
      std::vector<float> attended(queries * value.width());
      if (!scores.empty()) {
        const ConstView rows_of_k(k.data(), {keys, key.width()});
        matmul()(ConstView(q.data(), {queries, query.width()}), rows_of_k.transposed(),
                 View(scores.data(), {queries, keys}));
        const Logits logits(options, scale, b, h, query.heads());
        RowSoftmax rows(logits, keys);
        rows.apply(scores.data(), queries);
        matmul()(ConstView(scores.data(), {queries, keys}),
                 ConstView(v.data(), {keys, value.width()}),
                 View(attended.data(), {queries, value.width()}));
        strays.add(scores, queries, keys, rows, attended);
      }
      unpack(attended, value.width(), output, b, h);
      if (weights.data != nullptr) unpack(scores, keys, weights, b, h);
    }
  }
}

}  // namespace attune::attention
