#include "tensor/rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/rows.cc"
#include <hwy/foreach_target.h>
// Highway's own header comes after the one that includes this file for each processor.
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace attune::tensor::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::ScalableTag<float>;
using One = hn::CappedTag<float, 1>;

/// f(tag, i) over [0, size): whole vectors, then single elements.
template <class F>
HWY_INLINE void for_vectors(std::size_t size, F&& f) {
  const Tag tag;
  std::size_t i = 0;
  for (; i + hn::Lanes(tag) <= size; i += hn::Lanes(tag)) f(tag, i);
  for (; i < size; ++i) f(One(), i);
}

/// Sum of f(tag, i), in two vectors so that one addition need not wait for the other.
template <class F>
HWY_INLINE float sum_over(std::size_t size, F&& f) {
  const Tag tag;
  const std::size_t lanes = hn::Lanes(tag);
  auto even = hn::Zero(tag);
  auto odd = hn::Zero(tag);
  std::size_t i = 0;
  for (; i + 2 * lanes <= size; i += 2 * lanes) {
    even = hn::Add(even, f(tag, i));
    odd = hn::Add(odd, f(tag, i + lanes));
  }
  for (; i + lanes <= size; i += lanes) even = hn::Add(even, f(tag, i));
  float sum = hn::GetLane(hn::SumOfLanes(tag, hn::Add(even, odd)));
  for (; i < size; ++i) sum += hn::GetLane(f(One(), i));
  return sum;
}

void normalise(const float* row, std::size_t size, const float* weight, const float* bias,
               float epsilon, float* output) {
  const auto count = static_cast<float>(size);
  const float mean =
      sum_over(size, [&](auto tag, std::size_t i) { return hn::LoadU(tag, row + i); }) / count;
  const float variance = sum_over(size,
                                  [&](auto tag, std::size_t i) {
                                    const auto difference =
                                        hn::Sub(hn::LoadU(tag, row + i), hn::Set(tag, mean));
                                    return hn::Mul(difference, difference);
                                  }) /
                         count;
  const float factor = 1 / std::sqrt(variance + epsilon);
  for_vectors(size, [&](auto tag, std::size_t i) {
    const auto difference = hn::Sub(hn::LoadU(tag, row + i), hn::Set(tag, mean));
    const auto unit = hn::Mul(difference, hn::Set(tag, factor));
    hn::StoreU(hn::MulAdd(unit, hn::LoadU(tag, weight + i), hn::LoadU(tag, bias + i)), tag,
               output + i);
  });
}

float greatest_magnitude(const float* row, std::size_t size) {
  const Tag tag;
  auto greatest = hn::Zero(tag);
  std::size_t i = 0;
  for (; i + hn::Lanes(tag) <= size; i += hn::Lanes(tag))
    greatest = hn::Max(greatest, hn::Abs(hn::LoadU(tag, row + i)));
  float result = hn::GetLane(hn::MaxOfLanes(tag, greatest));
  for (; i < size; ++i) result = std::max(result, std::fabs(row[i]));
  return result;
}

float quantise(const float* row, std::size_t size, std::int8_t* quantised) {
  const float greatest = greatest_magnitude(row, size);
  const float inverse = greatest > 0 ? 127 / greatest : 0;
  for_vectors(size, [&](auto tag, std::size_t i) {
    const auto scaled = hn::Mul(hn::LoadU(tag, row + i), hn::Set(tag, inverse));
    const hn::Rebind<std::int8_t, decltype(tag)> bytes;
    hn::StoreU(hn::DemoteTo(bytes, hn::NearestInt(scaled)), bytes, quantised + i);
  });
  return greatest / 127;
}

template <class D>
HWY_INLINE auto scaled_and_shifted(D tag, const float* product, float factor, const float* bias) {
  return hn::MulAdd(hn::LoadU(tag, product), hn::Set(tag, factor), hn::LoadU(tag, bias));
}

void replace(const float* product, std::size_t size, float factor, const float* bias,
             float* output) {
  for_vectors(size, [&](auto tag, std::size_t i) {
    hn::StoreU(scaled_and_shifted(tag, product + i, factor, bias + i), tag, output + i);
  });
}

void replace_rounded(const float* product, std::size_t size, float factor, const float* bias,
                     BFloat16* output) {
  auto* bits = reinterpret_cast<std::uint16_t*>(output);
  for_vectors(size, [&](auto tag, std::size_t i) {
    const hn::RebindToUnsigned<decltype(tag)> words;
    const hn::Rebind<std::uint16_t, decltype(tag)> halves;
    const auto word = hn::BitCast(words, scaled_and_shifted(tag, product + i, factor, bias + i));
    // To nearest, ties to even.
    const auto odd = hn::And(hn::ShiftRight<16>(word), hn::Set(words, 1));
    const auto rounded = hn::Add(word, hn::Add(odd, hn::Set(words, 0x7FFF)));
    hn::StoreU(hn::TruncateTo(halves, hn::ShiftRight<16>(rounded)), halves, bits + i);
  });
}

void add(const float* product, std::size_t size, float factor, const float* bias, float* output) {
  for_vectors(size, [&](auto tag, std::size_t i) {
    const auto value = scaled_and_shifted(tag, product + i, factor, bias + i);
    hn::StoreU(hn::Add(hn::LoadU(tag, output + i), value), tag, output + i);
  });
}

}  // namespace
}  // namespace attune::tensor::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace attune::tensor {

HWY_EXPORT(normalise);
HWY_EXPORT(quantise);
HWY_EXPORT(replace);
HWY_EXPORT(replace_rounded);
HWY_EXPORT(add);

void normalise_row(std::span<const float> row, const float* weight, const float* bias,
                   float epsilon, float* output) {
  HWY_DYNAMIC_DISPATCH(normalise)(row.data(), row.size(), weight, bias, epsilon, output);
}

float quantise_row(std::span<const float> row, std::int8_t* quantised) {
  return HWY_DYNAMIC_DISPATCH(quantise)(row.data(), row.size(), quantised);
}

void scale_and_shift(std::span<const float> product, float factor, const float* bias,
                     float* output) {
  HWY_DYNAMIC_DISPATCH(replace)(product.data(), product.size(), factor, bias, output);
}

void scale_and_shift(std::span<const float> product, float factor, const float* bias,
                     BFloat16* output) {
  HWY_DYNAMIC_DISPATCH(replace_rounded)(product.data(), product.size(), factor, bias, output);
}

void add_scaled_and_shifted(std::span<const float> product, float factor, const float* bias,
                            float* output) {
  HWY_DYNAMIC_DISPATCH(add)(product.data(), product.size(), factor, bias, output);
}

}  // namespace attune::tensor

#endif
