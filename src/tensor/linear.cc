#include "tensor/linear.h"

#include "tensor/kernel_cache.h"

namespace attune::tensor {
namespace {

constexpr std::int64_t kLargestPiece = 256;

}  // namespace

struct Linear::Impl {
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  Activation activation = Activation::kNone;
  Tensor bias;
  onednn::PackedWeights weights;
  onednn::KernelCache cache;

  void run(const Tensor& input, Tensor output) {
    const auto source = onednn::dense(input.shape());
    const auto destination = onednn::dense(output.shape());
    const auto bias_layout = onednn::dense({1, outputs});
    const auto prepared = cache.find_or_make(input.shape(), [&] {
      onednn::PreparedKernel made;
      made.kernel = onednn::matmul(source, onednn::any({inputs, outputs}), bias_layout, destination,
                                   1.0F, activation, Accumulate::kReplace);
      made.weights = weights.in(made.kernel.weights);
      return made;
    });
    onednn::execute(prepared->kernel, {{DNNL_ARG_SRC, onednn::wrap(source, input.data())},
                                       {DNNL_ARG_WEIGHTS, prepared->weights},
                                       {DNNL_ARG_BIAS, onednn::wrap(bias_layout, bias.data())},
                                       {DNNL_ARG_DST, onednn::wrap(destination, output.data())}});
  }
};

Linear::Linear(const Tensor& weight, const Tensor& bias, Activation activation)
    : impl_(std::make_shared<Impl>()) {
  expect_shape(weight, {-1, -1}, "linear weight");
  Impl& impl = *impl_;
  impl.outputs = weight.dim(0);
  impl.inputs = weight.dim(1);
  impl.activation = activation;
  impl.bias = bias.empty() ? Tensor::zeros({impl.outputs}) : bias.clone();
  expect_shape(impl.bias, {impl.outputs}, "linear bias");
  impl.weights = onednn::PackedWeights(
      onednn::strided({impl.inputs, impl.outputs}, {1, impl.inputs}), weight.clone());
}

std::int64_t Linear::inputs() const {
  return impl_->inputs;
}
std::int64_t Linear::outputs() const {
  return impl_->outputs;
}

Tensor Linear::operator()(const Tensor& input) const {
  Shape shape = input.shape();
  shape.back() = impl_->outputs;
  const Tensor rows = input.reshaped({input.empty() ? 0 : -1, impl_->inputs});
  Tensor output(shape);
  Tensor output_rows = output.reshaped({rows.dim(0), impl_->outputs});
  onednn::for_each_piece(rows.dim(0), kLargestPiece, [&](auto begin, auto count) {
    impl_->run(rows.rows(begin, begin + count), output_rows.rows(begin, begin + count));
  });
  return output;
}

}  // namespace attune::tensor
