#include "tensor/softmax.h"

#include "tensor/kernel_cache.h"

namespace attune::tensor {
namespace {

constexpr std::int64_t kMostRows = 1024;

onednn::KernelCache& softmax_kernels() {
  static onednn::KernelCache cache(256);
  return cache;
}

}  // namespace

void softmax(Tensor& tensor) {
  const auto n = tensor.dim(-1);
  if (!tensor.empty()) softmax(tensor.data(), tensor.size() / n, n, n);
}

void softmax(float* data, std::int64_t rows, std::int64_t n, std::int64_t stride) {
  if (n == 0) return;
  onednn::for_each_piece(rows, kMostRows, [&](auto begin, auto count) {
    const auto layout = onednn::strided({count, n}, {stride, 1});
    const auto prepared = softmax_kernels().find_or_make({count, n, stride}, [&] {
      onednn::PreparedKernel made;
      made.kernel = onednn::softmax(layout, 1);
      return made;
    });
    const auto memory = onednn::wrap(layout, data + begin * stride);
    onednn::execute(prepared->kernel, {{DNNL_ARG_SRC, memory}, {DNNL_ARG_DST, memory}});
  });
}

}  // namespace attune::tensor
