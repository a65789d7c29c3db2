#pragma once

#include <type_traits>
#include <utility>

#include "tensor/tensor.h"

namespace attune::tensor {

/// Elements that belong to somebody else, seen with a shape and a stride (in elements) per axis.
/// Valid as long as what it looks at.
template <class T>
struct BasicView {
  T* data = nullptr;
  Shape shape;
  Shape strides;

  BasicView(T* first, Shape extents, Shape steps)
      : data(first), shape(std::move(extents)), strides(std::move(steps)) {}
  /// Dense row-major elements.
  BasicView(T* first, Shape extents)
      : data(first), shape(std::move(extents)), strides(shape.size(), 1) {
    for (auto axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
  }
  BasicView(const Tensor& tensor)  // NOLINT: a tensor is its own dense view
      requires std::is_same_v<T, const float> : BasicView(tensor.data(), tensor.shape()) {}
  BasicView(Tensor& tensor)  // NOLINT
      requires std::is_same_v < std::remove_const_t<T>,
  float > : BasicView(tensor.data(), tensor.shape()) {}
  operator BasicView<const T>() const { return {data, shape, strides}; }  // NOLINT

  /// The last two axes exchanged.
  BasicView transposed() const {
    BasicView result = *this;
    const auto last = shape.size() - 1;
    std::swap(result.shape[last], result.shape[last - 1]);
    std::swap(result.strides[last], result.strides[last - 1]);
    return result;
  }
};

using View = BasicView<float>;
using ConstView = BasicView<const float>;

}  // namespace attune::tensor
