#include "tensor/pool.h"

#include "tensor/kernel_cache.h"

namespace attune::tensor {
namespace {

constexpr std::int64_t kMostPooled = 32;

}  // namespace

struct Pool::Impl {
  onednn::PoolKind kind;
  PoolOptions options;
  onednn::KernelCache cache;

  Impl(onednn::PoolKind k, PoolOptions o) : kind(k), options(o) {}

  void run(const Tensor& input, Tensor output) {
    const auto source = onednn::channels_last(input.shape());
    const auto destination = onednn::channels_last(output.shape());
    const auto prepared = cache.find_or_make(input.shape(), [&] {
      onednn::PreparedKernel made;
      made.kernel = onednn::pooling(
          kind, source, destination, {options.kernel[0], options.kernel[1]},
          {options.stride[0], options.stride[1]}, {options.padding[0], options.padding[1]});
      return made;
    });
    onednn::execute(prepared->kernel, {{DNNL_ARG_SRC, onednn::wrap(source, input.data())},
                                       {DNNL_ARG_DST, onednn::wrap(destination, output.data())}});
  }
};

Pool Pool::max(PoolOptions options) {
  return Pool(std::make_shared<Impl>(onednn::PoolKind::kMax, options));
}

Pool Pool::average(PoolOptions options) {
  return Pool(std::make_shared<Impl>(onednn::PoolKind::kAverage, options));
}

Tensor Pool::operator()(const Tensor& input) const {
  expect_shape(input, {-1, -1, -1, -1}, "pooling input");
  const PoolOptions& o = impl_->options;
  const auto extent = [&](int axis) {
    const auto i = static_cast<std::size_t>(axis);
    return (input.dim(axis + 1) + 2 * o.padding[i] - o.kernel[i]) / o.stride[i] + 1;
  };
  Tensor output({input.dim(0), extent(0), extent(1), input.dim(3)});
  if (output.empty()) return output;
  onednn::for_each_piece(input.dim(0), kMostPooled, [&](auto begin, auto count) {
    impl_->run(input.rows(begin, begin + count), output.rows(begin, begin + count));
  });
  return output;
}

}  // namespace attune::tensor
