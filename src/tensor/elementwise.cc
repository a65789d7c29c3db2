#include "tensor/elementwise.h"

#include <algorithm>

#include "tensor/kernel_cache.h"

namespace attune::tensor {
namespace {

constexpr std::int64_t kMostValues = 1 << 16;

onednn::KernelCache& kernels() {
  static onednn::KernelCache cache(128);
  return cache;
}

}  // namespace

void activate(Activation activation, std::span<float> values) {
  const auto size = static_cast<std::int64_t>(values.size());
  onednn::for_each_piece(size, kMostValues, [&](auto begin, auto count) {
    const auto layout = onednn::dense({count});
    const auto prepared =
        kernels().find_or_make({static_cast<std::int64_t>(activation), count}, [&] {
          onednn::PreparedKernel made;
          made.kernel = onednn::eltwise(layout, activation);
          return made;
        });
    const auto memory = onednn::wrap(layout, values.data() + begin);
    onednn::execute(prepared->kernel, {{DNNL_ARG_SRC, memory}, {DNNL_ARG_DST, memory}});
  });
}

void add(Tensor& a, const Tensor& b) {
  expect_shape(b, a.shape(), "sum");
  std::transform(a.data(), a.data() + a.size(), b.data(), a.data(), std::plus<>());
}

void multiply(Tensor& a, const Tensor& b) {
  expect_shape(b, a.shape(), "product");
  std::transform(a.data(), a.data() + a.size(), b.data(), a.data(), std::multiplies<>());
}

Tensor concatenated(const Tensor& a, const Tensor& b) {
  Shape expected = a.shape();
  expected.back() = b.dim(-1);
  expect_shape(b, expected, "concatenation");
  const auto left = a.dim(-1);
  const auto right = b.dim(-1);
  Shape shape = a.shape();
  shape.back() = left + right;
  Tensor result(shape);
  const auto rows = left == 0 ? 0 : a.size() / left;
  for (std::int64_t row = 0; row < rows; ++row) {
    float* out = result.data() + row * (left + right);
    std::copy_n(a.data() + row * left, left, out);
    std::copy_n(b.data() + row * right, right, out + left);
  }
  return result;
}

}  // namespace attune::tensor
