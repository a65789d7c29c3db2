#include "attention/operands.h"

#include <algorithm>
#include <bit>

namespace attune::attention {

namespace {

using tensor::BFloat16;

float widen(float value) {
  return value;
}
float widen(BFloat16 value) {
  return value.value();
}

// All bits of the exponent set: NaN or infinity. Tested on integers, which compilers vectorise.
bool is_stray(float value) {
  return (std::bit_cast<std::uint32_t>(value) & 0x7F800000U) == 0x7F800000U;
}
bool is_stray(BFloat16 value) {
  return (value.bits & 0x7F80U) == 0x7F80U;
}

template <class T>
std::size_t volume(const HeadsView<T>& view) {
  return static_cast<std::size_t>(view.shape[0] * view.shape[1] * view.shape[2] * view.shape[3]);
}

template <class T>
bool is_empty(const HeadsView<T>& view) {
  return std::ranges::find(view.shape, 0) != view.shape.end();
}

template <class T>
bool side_by_side(const HeadsView<T>& view) {
  return view.width() <= 1 || view.strides[3] == 1;
}

bool in_whole_pairs(const HeadsView<const BFloat16>& view) {
  const auto address = reinterpret_cast<std::uintptr_t>(view.data);
  return side_by_side(view) && address % (2 * sizeof(BFloat16)) == 0 && view.width() % 2 == 0 &&
         view.strides[0] % 2 == 0 && view.strides[1] % 2 == 0 && view.strides[2] % 2 == 0;
}

/// f(batch, head, row) for every row of a view.
template <class T, class F>
void for_each_row(const HeadsView<T>& view, F&& f) {
  for (std::int64_t b = 0; b < view.batch(); ++b)
    for (std::int64_t h = 0; h < view.heads(); ++h)
      for (std::int64_t i = 0; i < view.length(); ++i) f(b, h, i);
}

/// Copies to dense [batch, heads, length, padded width].
template <class T>
Operand copied(const HeadsView<const T>& view, std::int64_t width, Scratch& scratch) {
  const std::int64_t rows = view.batch() * view.heads() * view.length();
  T* to = scratch.take<T>(static_cast<std::size_t>(rows * width)).data();
  Operand operand{.data = to,
                  .element_bytes = sizeof(T),
                  .batch_stride = view.heads() * view.length() * width,
                  .head_stride = view.length() * width,
                  .row_stride = width};
  for_each_row(view, [&](auto b, auto h, auto i) {
    for (std::int64_t c = 0; c < width; ++c) *to++ = c < view.width() ? *view.at(b, h, i, c) : T{};
  });
  return operand;
}

template <class T>
Operand borrowed(const HeadsView<const T>& view) {
  return {.data = view.data,
          .element_bytes = sizeof(T),
          .batch_stride = view.strides[0],
          .head_stride = view.strides[1],
          .row_stride = view.strides[2],
          .column_stride = view.width() <= 1 ? 1 : view.strides[3]};
}

std::int64_t even(std::int64_t width) {
  return (width + 1) / 2 * 2;
}

template <class T>
bool any_stray(const HeadsView<const T>& view, std::span<const std::int64_t> lengths) {
  for (std::int64_t b = 0; b < view.batch(); ++b) {
    const std::int64_t length = lengths.empty() ? view.length() : lengths[b];
    for (std::int64_t h = 0; h < view.heads(); ++h) {
      for (std::int64_t i = 0; i < length; ++i) {
        const T* row = view.at(b, h, i, 0);
        bool stray = false;
        for (std::int64_t c = 0; c < view.width(); ++c) stray |= is_stray(row[c * view.strides[3]]);
        if (stray) return true;
      }
    }
  }
  return false;
}

HeadsView<const float> widened(const HeadsView<const BFloat16>& view, Scratch& scratch) {
  float* to = scratch.take<float>(volume(view)).data();
  const auto result = HeadsView<const float>::head_major(to, view.batch(), view.heads(),
                                                         view.length(), view.width());
  for_each_row(view, [&](auto b, auto h, auto i) {
    for (std::int64_t c = 0; c < view.width(); ++c) *to++ = view.at(b, h, i, c)->value();
  });
  return result;
}

}  // namespace

std::size_t rows_copy_bytes(const HeadsView<const float>& view) {
  return side_by_side(view) ? 0 : volume(view) * sizeof(float);
}

std::size_t rows_copy_bytes(const HeadsView<const BFloat16>& view) {
  if (in_whole_pairs(view) || is_empty(view)) return 0;
  return volume(view) / view.width() * even(view.width()) * sizeof(BFloat16);
}

std::size_t value_pairs_bytes(const HeadsView<const BFloat16>& view) {
  return view.batch() * view.heads() * even(view.length()) * view.width() * sizeof(BFloat16);
}

Operand as_it_is(const HeadsView<const float>& view) {
  return borrowed(view);
}

Operand contiguous_rows(const HeadsView<const float>& view, Scratch& scratch) {
  return side_by_side(view) ? borrowed(view) : copied(view, view.width(), scratch);
}

Operand contiguous_rows(const HeadsView<const BFloat16>& view, Scratch& scratch) {
  return in_whole_pairs(view) || is_empty(view) ? borrowed(view)
                                                : copied(view, even(view.width()), scratch);
}

Operand value_pairs(const HeadsView<const BFloat16>& view, std::span<const std::int64_t> lengths,
                    Scratch& scratch) {
  const std::int64_t head = even(view.length()) * view.width();
  auto* packed =
      scratch.take<std::uint16_t>(static_cast<std::size_t>(view.batch() * view.heads() * head))
          .data();
  const Operand operand{.data = packed,
                        .element_bytes = sizeof(BFloat16),
                        .batch_stride = view.heads() * head,
                        .head_stride = head,
                        .row_stride = 2 * view.width()};
  if (is_empty(view)) return operand;
  static_assert(sizeof(BFloat16) == sizeof(std::uint16_t));
  for (std::int64_t b = 0; b < view.batch(); ++b)
    for (std::int64_t h = 0; h < view.heads(); ++h, packed += head)
      pack_value_pairs(reinterpret_cast<const std::uint16_t*>(view.at(b, h, 0, 0)), view.strides[2],
                       view.strides[3], lengths.empty() ? view.length() : lengths[b], view.width(),
                       packed);
  return operand;
}

WidenedInputs::WidenedInputs(const HeadsView<const BFloat16>& query_in,
                             const HeadsView<const BFloat16>& key_in,
                             const HeadsView<const BFloat16>& value_in) {
  thread_local Scratch scratch;
  scratch.reset((volume(query_in) + volume(key_in) + volume(value_in)) * sizeof(float), 3);
  query = widened(query_in, scratch);
  key = widened(key_in, scratch);
  value = widened(value_in, scratch);
}

bool holds_strays(const HeadsView<const float>& view, std::span<const std::int64_t> lengths) {
  return any_stray(view, lengths);
}

bool holds_strays(const HeadsView<const BFloat16>& view, std::span<const std::int64_t> lengths) {
  return any_stray(view, lengths);
}

template <class T>
CleanValues<T> without_strays(const HeadsView<const T>& view) {
  CleanValues<T> clean;
  clean.memory.reserve(volume(view));
  clean.strays.resize(static_cast<std::size_t>(view.batch() * view.heads()));
  for_each_row(view, [&](auto b, auto h, auto i) {
    for (std::int64_t c = 0; c < view.width(); ++c) {
      const T value = *view.at(b, h, i, c);
      const bool finite = !is_stray(value);
      if (!finite) clean.strays[b * view.heads() + h].push_back({i, c, widen(value)});
      clean.memory.push_back(finite ? value : T{});
    }
  });
  clean.view = HeadsView<const T>::head_major(clean.memory.data(), view.batch(), view.heads(),
                                              view.length(), view.width());
  return clean;
}

template CleanValues<float> without_strays(const HeadsView<const float>&);
template CleanValues<BFloat16> without_strays(const HeadsView<const BFloat16>&);

}  // namespace attune::attention
