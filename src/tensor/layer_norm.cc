#include "tensor/layer_norm.h"

#include "tensor/kernel_cache.h"

namespace attune::tensor {
namespace {

constexpr std::int64_t kLargestPiece = 256;

}  // namespace

struct LayerNorm::Impl {
  Tensor weight;
  Tensor bias;
  float epsilon = 0;
  onednn::KernelCache cache;

  void run(const Tensor& input, Tensor output) {
    const auto layout = onednn::dense(input.shape());
    const auto parameters = onednn::dense(weight.shape());
    const auto prepared = cache.find_or_make(input.shape(), [&] {
      onednn::PreparedKernel made;
      made.kernel = onednn::layer_norm(layout, epsilon);
      return made;
    });
    onednn::execute(prepared->kernel, {{DNNL_ARG_SRC, onednn::wrap(layout, input.data())},
                                       {DNNL_ARG_SCALE, onednn::wrap(parameters, weight.data())},
                                       {DNNL_ARG_SHIFT, onednn::wrap(parameters, bias.data())},
                                       {DNNL_ARG_DST, onednn::wrap(layout, output.data())}});
  }
};

LayerNorm::LayerNorm(const Tensor& weight, const Tensor& bias, float epsilon)
    : impl_(std::make_shared<Impl>()) {
  expect_shape(weight, {-1}, "layer normalisation weight");
  expect_shape(bias, weight.shape(), "layer normalisation bias");
  impl_->weight = weight.clone();
  impl_->bias = bias.clone();
  impl_->epsilon = epsilon;
}

Tensor LayerNorm::operator()(const Tensor& input) const {
  Tensor output(input.shape());
  if (input.empty()) return output;
  const Tensor rows = input.reshaped({-1, impl_->weight.dim(0)});
  const Tensor output_rows = output.reshaped(rows.shape());
  onednn::for_each_piece(rows.dim(0), kLargestPiece, [&](auto begin, auto count) {
    impl_->run(rows.rows(begin, begin + count), output_rows.rows(begin, begin + count));
  });
  return output;
}

}  // namespace attune::tensor
