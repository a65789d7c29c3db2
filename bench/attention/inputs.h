#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "attention/heads_view.h"
#include "tensor/bfloat16.h"

namespace attune::bench {

using attention::HeadsView;
using tensor::BFloat16;

inline std::vector<float> normal_numbers(std::int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> numbers(static_cast<std::size_t>(count));
  for (float& number : numbers) number = normal(random);
  return numbers;
}

template <class T>
std::vector<T> converted(const std::vector<float>& numbers) {
  std::vector<T> result;
  result.reserve(numbers.size());
  for (const float number : numbers) {
    if constexpr (std::is_same_v<T, BFloat16>) {
      result.push_back(BFloat16::round(number));
    } else {
      result.push_back(number);
    }
  }
  return result;
}

struct Shape {
  std::int64_t heads = 4;
  std::int64_t queries = 0;
  std::int64_t keys = 0;
  std::int64_t width = 32;

  /// Floating-point operations of the two products.
  double flops() const {
    return 4.0 * static_cast<double>(heads * width) * static_cast<double>(queries) *
           static_cast<double>(keys);
  }
};

/// Query, key, value ~ N(0, 1), head-major, and room for the output.
template <class T>
struct Inputs {
  explicit Inputs(const Shape& s)
      : shape(s),
        q(converted<T>(normal_numbers(s.heads * s.queries * s.width, 1))),
        k(converted<T>(normal_numbers(s.heads * s.keys * s.width, 2))),
        v(converted<T>(normal_numbers(s.heads * s.keys * s.width, 3))),
        o(static_cast<std::size_t>(s.heads * s.queries * s.width)) {}

  HeadsView<const T> query() const { return view(q, shape.queries); }
  HeadsView<const T> key() const { return view(k, shape.keys); }
  HeadsView<const T> value() const { return view(v, shape.keys); }
  HeadsView<float> output() {
    return HeadsView<float>::head_major(o.data(), 1, shape.heads, shape.queries, shape.width);
  }

  Shape shape;
  std::vector<T> q, k, v;
  std::vector<float> o;

 private:
  HeadsView<const T> view(const std::vector<T>& numbers, std::int64_t length) const {
    return HeadsView<const T>::head_major(numbers.data(), 1, shape.heads, length, shape.width);
  }
};

}  // namespace attune::bench
