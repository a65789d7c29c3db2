#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace attune::tensor {

/// Extents, outermost first.
using Shape = std::vector<std::int64_t>;

/// Number of elements of a shape; 1 for the empty shape.
std::int64_t volume(const Shape& shape);

/// "[100, 112, 112]"
std::string to_string(const Shape& shape);

/// Dense row-major float32 array.
///
/// Pictures are channels-last, [N, H, W, C], throughout attune: oneDNN runs them without reorders,
/// and a sequence of pictures [T, H, W, C] is at the same time the picture [1, T, H * W, C], on
/// which a convolution over time is an ordinary 2-D convolution.
///
/// Copies share the elements (like a shared_ptr); use clone() for a second array. The array is
/// aligned to 64 bytes; a slice may not be. Distinct tensors may be used from distinct threads, and
/// one tensor may be read from several.
class Tensor {
 public:
  /// No elements, shape [0].
  Tensor() : shape_{0} {}
  /// Elements are not initialised.
  explicit Tensor(Shape shape);
  /// A copy of `values`, which must have as many elements as the shape.
  Tensor(Shape shape, std::span<const float> values);

  static Tensor zeros(Shape shape);
  static Tensor filled(Shape shape, float value);

  const Shape& shape() const { return shape_; }
  /// Extent of one axis; negative axes count from the last.
  std::int64_t dim(int axis) const;
  int rank() const { return static_cast<int>(shape_.size()); }
  std::int64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  std::span<float> values() { return {data_.get(), static_cast<std::size_t>(size_)}; }
  std::span<const float> values() const { return {data_.get(), static_cast<std::size_t>(size_)}; }

  /// Element at a full index, for tests and small work. Not checked in release builds.
  float& at(std::initializer_list<std::int64_t> index) { return data_.get()[offset(index)]; }
  float at(std::initializer_list<std::int64_t> index) const { return data_.get()[offset(index)]; }

  /// The same elements under another shape of equal volume. One extent may be -1 (inferred).
  /// Throws Error(kInternal) when the volumes differ.
  Tensor reshaped(Shape shape) const;
  /// Rows [begin, end) of the outermost axis, sharing the elements.
  Tensor rows(std::int64_t begin, std::int64_t end) const;
  Tensor clone() const;

 private:
  std::int64_t offset(std::initializer_list<std::int64_t> index) const;

  Shape shape_;
  std::int64_t size_ = 0;
  std::shared_ptr<float[]> data_;
};

/// Throws Error(kInternal) naming `what` unless the tensor has this shape; -1 matches any extent.
void expect_shape(const Tensor& tensor, const Shape& expected, const char* what);

/// The axes in another order: result axis i is the tensor's axis order[i]. Copies.
Tensor permuted(const Tensor& tensor, const std::vector<int>& order);

}  // namespace attune::tensor
