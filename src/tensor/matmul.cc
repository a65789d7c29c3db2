#include "tensor/matmul.h"

#include "core/error.h"
#include "tensor/kernel_cache.h"

namespace attune::tensor {
namespace {

Shape product_shape(const ConstView& a, const ConstView& b) {
  const auto rank = a.shape.size();
  bool fits = rank >= 2 && rank == b.shape.size() && a.shape[rank - 1] == b.shape[rank - 2];
  for (std::size_t axis = 0; fits && axis + 2 < rank; ++axis) fits = a.shape[axis] == b.shape[axis];
  if (!fits)
    throw Error(ErrorKind::kInternal,
                "matrix product of " + to_string(a.shape) + " and " + to_string(b.shape));
  Shape shape = a.shape;
  shape.back() = b.shape.back();
  return shape;
}

void append(Shape& key, const Shape& part) {
  key.insert(key.end(), part.begin(), part.end());
}

}  // namespace

struct Matmul::Impl {
  MatmulOptions options;
  onednn::KernelCache cache{128};
};

Matmul::Matmul(MatmulOptions options) : impl_(std::make_shared<Impl>()) {
  impl_->options = options;
}

void Matmul::operator()(const ConstView& a, const ConstView& b, const View& out) const {
  if (product_shape(a, b) != out.shape)
    throw Error(ErrorKind::kInternal, "matrix product into " + to_string(out.shape));
  if (volume(out.shape) == 0) return;
  Shape key;
  key.reserve(5 * a.shape.size() + 1);
  append(key, a.shape);
  key.push_back(b.shape.back());
  append(key, a.strides);
  append(key, b.strides);
  append(key, out.strides);
  const auto source = onednn::strided(a.shape, a.strides);
  const auto weights = onednn::strided(b.shape, b.strides);
  const auto destination = onednn::strided(out.shape, out.strides);
  const auto prepared = impl_->cache.find_or_make(key, [&] {
    onednn::PreparedKernel made;
    made.kernel = onednn::matmul(source, weights, {}, destination, impl_->options.scale,
                                 Activation::kNone, impl_->options.accumulate);
    return made;
  });
  onednn::execute(prepared->kernel, {{DNNL_ARG_SRC, onednn::wrap(source, a.data)},
                                     {DNNL_ARG_WEIGHTS, onednn::wrap(weights, b.data)},
                                     {DNNL_ARG_DST, onednn::wrap(destination, out.data)}});
}

Tensor Matmul::operator()(const ConstView& a, const ConstView& b) const {
  const Shape shape = product_shape(a, b);
  Tensor out =
      impl_->options.accumulate == Accumulate::kReplace ? Tensor(shape) : Tensor::zeros(shape);
  (*this)(a, b, out);
  return out;
}

}  // namespace attune::tensor
