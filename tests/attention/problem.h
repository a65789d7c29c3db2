#pragma once

#include <random>
#include <vector>

#include "attention/cross_attention.h"

namespace attune::attention {

using Numbers = std::vector<float>;

inline Numbers random_numbers(std::mt19937& random, std::int64_t count, float spread = 1) {
  std::normal_distribution<float> normal(0, spread);
  Numbers values(count);
  for (float& value : values) value = normal(random);
  return values;
}

/// A whole cross-attention that owns its memory.
struct Problem {
  std::int64_t batch = 1;
  std::int64_t heads = 1;
  std::int64_t queries = 1;
  std::int64_t keys = 1;
  std::int64_t key_width = 1;
  std::int64_t value_width = 1;
  bool interleaved = false;
  Numbers q{}, k{}, v{}, output{}, weights{};
  CrossAttentionOptions options{};
  AttentionReadout readout{};
  bool bfloat16 = false;

  void fill(std::mt19937& random) {
    q = random_numbers(random, batch * heads * queries * key_width);
    k = random_numbers(random, batch * heads * keys * key_width);
    v = random_numbers(random, batch * heads * keys * value_width);
  }

  template <class T>
  HeadsView<const T> view(const T* data, std::int64_t length, std::int64_t width) const {
    return interleaved ? HeadsView<const T>::interleaved(data, batch, length, heads, width)
                       : HeadsView<const T>::head_major(data, batch, heads, length, width);
  }
  HeadsView<float> view(float* data, std::int64_t length, std::int64_t width) const {
    return interleaved ? HeadsView<float>::interleaved(data, batch, length, heads, width)
                       : HeadsView<float>::head_major(data, batch, heads, length, width);
  }
  HeadsView<const float> query() const { return view(q.data(), queries, key_width); }
  HeadsView<const float> key() const { return view(k.data(), keys, key_width); }
  HeadsView<const float> value() const { return view(v.data(), keys, value_width); }

  /// Fills output (head-major or interleaved like the inputs) and, unless the kernel has none,
  /// weights (head-major).
  void run() {
    output.assign(batch * heads * queries * value_width, -7);
    weights.assign(batch * heads * queries * keys, -7);
    readout.weights = HeadsView<float>::head_major(weights.data(), batch, heads, queries, keys);
    if (options.compression.stride != 0) readout.weights = {};
    run_output();
  }

  void run_output() {
    output.assign(batch * heads * queries * value_width, -7);
    const auto to = view(output.data(), queries, value_width);
    if (!bfloat16) {
      cross_attention(query(), key(), value(), to, options, readout);
      return;
    }
    const auto q16 = rounded(q);
    const auto k16 = rounded(k);
    const auto v16 = rounded(v);
    cross_attention(view(q16.data(), queries, key_width), view(k16.data(), keys, key_width),
                    view(v16.data(), keys, value_width), to, options, readout);
  }

  /// Makes the inputs numbers that bfloat16 holds.
  void round_inputs() {
    for (Numbers* numbers : {&q, &k, &v})
      for (float& number : *numbers) number = tensor::BFloat16::round(number).value();
  }

  static std::vector<tensor::BFloat16> rounded(const Numbers& numbers) {
    std::vector<tensor::BFloat16> result;
    for (const float number : numbers) result.push_back(tensor::BFloat16::round(number));
    return result;
  }

  float output_at(std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t c) const {
    return *view(output.data(), queries, value_width).at(b, h, i, c);
  }
};

}  // namespace attune::attention
