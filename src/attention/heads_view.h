#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

namespace attune::attention {

/// Strided view of somebody else's [batch, heads, length, width] numbers. Strides are in elements,
/// not bytes, and never negative; a stride of 0 repeats the same elements (inputs only).
/// `data` may be null where the shape holds no element or an optional argument is absent.
template <class T>
struct HeadsView {
  T* data = nullptr;
  std::array<std::int64_t, 4> shape{};
  std::array<std::int64_t, 4> strides{};

  /// Contiguous [batch, heads, length, width].
  static HeadsView head_major(T* data, std::int64_t batch, std::int64_t heads, std::int64_t length,
                              std::int64_t width) {
    return {
        data, {batch, heads, length, width}, {heads * length * width, length * width, width, 1}};
  }

  /// Contiguous [batch, length, heads * width], as linear layers write it.
  static HeadsView interleaved(T* data, std::int64_t batch, std::int64_t length, std::int64_t heads,
                               std::int64_t width) {
    return {data, {batch, heads, length, width}, {length * heads * width, width, heads * width, 1}};
  }

  std::int64_t batch() const { return shape[0]; }
  std::int64_t heads() const { return shape[1]; }
  std::int64_t length() const { return shape[2]; }
  std::int64_t width() const { return shape[3]; }

  T* at(std::int64_t batch, std::int64_t head, std::int64_t row, std::int64_t column) const {
    return data + batch * strides[0] + head * strides[1] + row * strides[2] + column * strides[3];
  }

  operator HeadsView<const T>() const requires(!std::is_const_v<T>) {
    return {data, shape, strides};
  }
};

}  // namespace attune::attention
