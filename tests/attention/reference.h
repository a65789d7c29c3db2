#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "attention/cross_attention.h"

namespace attune::attention {

/// Cross-attention in double, written down from the formula: the truth of the tests.
struct ReferenceAttention {
  std::vector<double> output;   // [batch, heads, query length, value width]
  std::vector<double> weights;  // [batch, heads, query length, key length]
};

template <class T>
T broadcast_at(const HeadsView<const T>& view, std::int64_t b, std::int64_t h, std::int64_t i,
               std::int64_t j) {
  return *view.at(view.shape[0] == 1 ? 0 : b, view.shape[1] == 1 ? 0 : h,
                  view.shape[2] == 1 ? 0 : i, view.shape[3] == 1 ? 0 : j);
}

inline bool in_window(const CrossAttentionOptions& options, std::int64_t query, std::int64_t key) {
  if (!options.window) return true;
  const KeyWindow& window = *options.window;
  const auto time = [](std::span<const std::int64_t> times, std::int64_t i) {
    return times.empty() ? i : times[i];
  };
  const std::int64_t offset = time(window.key_times, key) - time(window.query_times, query);
  return offset >= -window.before && offset <= window.after;
}

inline ReferenceAttention reference_attention(const HeadsView<const float>& query,
                                              const HeadsView<const float>& key,
                                              const HeadsView<const float>& value,
                                              const CrossAttentionOptions& options) {
  ReferenceAttention result;
  const double scale = options.scale ? *options.scale : 1 / std::sqrt(double(query.width()));
  for (std::int64_t b = 0; b < query.batch(); ++b) {
    for (std::int64_t h = 0; h < query.heads(); ++h) {
      for (std::int64_t i = 0; i < query.length(); ++i) {
        std::vector<double> weights(key.length(), 0.0);
        std::vector<bool> taken(key.length(), false);
        double greatest = -std::numeric_limits<double>::infinity();
        for (std::int64_t j = 0; j < key.length(); ++j) {
          taken[j] = in_window(options, i, j) &&
                     (options.key_lengths.empty() || j < options.key_lengths[b]) &&
                     (options.mask.data == nullptr || broadcast_at(options.mask, b, h, i, j) != 0);
          if (!taken[j]) continue;
          for (std::int64_t c = 0; c < key.width(); ++c) {
            weights[j] += double(*query.at(b, h, i, c)) * double(*key.at(b, h, j, c));
          }
          weights[j] *= scale;
          if (options.bias.data != nullptr) weights[j] += broadcast_at(options.bias, b, h, i, j);
          if (!options.relative_bias.table.empty()) {
            const std::int64_t offsets = options.relative_bias.table.size() / query.heads();
            weights[j] += options.relative_bias
                              .table[h * offsets + j - i - options.relative_bias.first_offset];
          }
          greatest = std::max(greatest, weights[j]);
        }
        double sum = 0;
        for (std::int64_t j = 0; j < key.length(); ++j) {
          weights[j] = taken[j] ? std::exp(weights[j] - greatest) : 0;
          sum += weights[j];
        }
        for (double& weight : weights) weight = sum > 0 ? weight / sum : 0;
        for (std::int64_t c = 0; c < value.width(); ++c) {
          double attended = 0;
          for (std::int64_t j = 0; j < key.length(); ++j) {
            if (taken[j]) attended += weights[j] * *value.at(b, h, j, c);
          }
          result.output.push_back(attended);
        }
        result.weights.insert(result.weights.end(), weights.begin(), weights.end());
      }
    }
  }
  return result;
}

}  // namespace attune::attention
