#include "tensor/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <functional>
#include <new>
#include <numeric>

#include "core/error.h"

namespace attune::tensor {
namespace {

constexpr std::align_val_t kAlignment{64};

std::shared_ptr<float[]> allocate(std::int64_t size) {
  if (size == 0) return nullptr;
  const auto bytes = static_cast<std::size_t>(size) * sizeof(float);
  auto* data = static_cast<float*>(::operator new[](bytes, kAlignment));
  return {data, [](float* p) { ::operator delete[](p, kAlignment); }};
}

}  // namespace

std::int64_t volume(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::string to_string(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

Tensor::Tensor(Shape shape) : shape_(std::move(shape)), size_(volume(shape_)) {
  if (std::any_of(shape_.begin(), shape_.end(), [](auto extent) { return extent < 0; }))
    throw Error(ErrorKind::kInternal, "negative extent in tensor shape " + to_string(shape_));
  data_ = allocate(size_);
}

Tensor::Tensor(Shape shape, std::span<const float> values) : Tensor(std::move(shape)) {
  if (static_cast<std::int64_t>(values.size()) != size_)
    throw Error(ErrorKind::kInternal,
                fmt::format("{} values for tensor shape {}", values.size(), to_string(shape_)));
  std::copy(values.begin(), values.end(), data_.get());
}

Tensor Tensor::zeros(Shape shape) {
  return filled(std::move(shape), 0.0F);
}

Tensor Tensor::filled(Shape shape, float value) {
  Tensor result(std::move(shape));
  std::fill_n(result.data(), result.size(), value);
  return result;
}

std::int64_t Tensor::dim(int axis) const {
  return shape_.at(static_cast<std::size_t>(axis < 0 ? axis + rank() : axis));
}

Tensor Tensor::reshaped(Shape shape) const {
  const auto inferred = std::find(shape.begin(), shape.end(), -1);
  if (inferred != shape.end()) {
    *inferred = 1;
    const auto rest = volume(shape);
    *inferred = rest == 0 ? 0 : size_ / rest;
  }
  if (volume(shape) != size_)
    throw Error(ErrorKind::kInternal, fmt::format("tensor {} cannot be reshaped to {}",
                                                  to_string(shape_), to_string(shape)));
  Tensor result = *this;
  result.shape_ = std::move(shape);
  return result;
}

Tensor Tensor::rows(std::int64_t begin, std::int64_t end) const {
  if (begin < 0 || end < begin || end > dim(0))
    throw Error(ErrorKind::kInternal,
                fmt::format("rows {} to {} of tensor {}", begin, end, to_string(shape_)));
  const auto row = dim(0) == 0 ? 0 : size_ / dim(0);
  Tensor result = *this;
  result.shape_[0] = end - begin;
  result.size_ = (end - begin) * row;
  result.data_ = std::shared_ptr<float[]>(data_, data_.get() + begin * row);
  return result;
}

Tensor Tensor::clone() const {
  return Tensor(shape_, values());
}

std::int64_t Tensor::offset(std::initializer_list<std::int64_t> index) const {
  assert(index.size() == shape_.size());
  std::int64_t result = 0;
  auto extent = shape_.begin();
  for (const auto i : index) {
    assert(i >= 0 && i < *extent);
    result = result * *extent++ + i;
  }
  return result;
}

void expect_shape(const Tensor& tensor, const Shape& expected, const char* what) {
  const auto matches = [](auto want, auto have) { return want == -1 || want == have; };
  if (expected.size() != tensor.shape().size() ||
      !std::equal(expected.begin(), expected.end(), tensor.shape().begin(), matches))
    throw Error(ErrorKind::kInternal, fmt::format("{}: expected a tensor {}, got {}", what,
                                                  to_string(expected), to_string(tensor.shape())));
}

Tensor permuted(const Tensor& tensor, const std::vector<int>& order) {
  const auto rank = order.size();
  Shape strides(rank, 1);
  for (std::size_t axis = rank - 1; axis > 0; --axis)
    strides[axis - 1] = strides[axis] * tensor.shape()[axis];
  Shape shape(rank);
  Shape step(rank);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    shape[axis] = tensor.dim(order[axis]);
    step[axis] = strides[static_cast<std::size_t>(order[axis])];
  }
  Tensor result(shape);
  Shape index(rank, 0);
  std::int64_t source = 0;
  for (float& value : result.values()) {
    value = tensor.data()[source];
    for (auto axis = rank; axis-- > 0;) {
      source += step[axis];
      if (++index[axis] < shape[axis]) break;
      source -= step[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

}  // namespace attune::tensor
