#include "tensor/conv.h"

#include "core/error.h"
#include "tensor/kernel_cache.h"

namespace attune::tensor {
namespace {

constexpr std::int64_t kLargestBatch = 32;

}  // namespace

struct Conv::Impl {
  ConvOptions options;
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  std::array<std::int64_t, 2> kernel{};
  Shape weight_shape;
  Tensor bias;
  onednn::PackedWeights weights;
  onednn::KernelCache cache;

  onednn::PreparedKernel make(const Shape& input, const Shape& output) {
    onednn::PreparedKernel prepared;
    prepared.kernel = onednn::convolution(
        onednn::channels_last(input), onednn::any(weight_shape), onednn::dense({outputs}),
        onednn::channels_last(output), {options.stride[0], options.stride[1]},
        {options.padding[0], options.padding[1]}, options.activation, options.accumulate);
    prepared.weights = weights.in(prepared.kernel.weights);
    return prepared;
  }

  void run(const Tensor& input, Tensor output) {
    const auto prepared =
        cache.find_or_make(input.shape(), [&] { return make(input.shape(), output.shape()); });
    onednn::execute(
        prepared->kernel,
        {{DNNL_ARG_SRC, onednn::wrap(onednn::channels_last(input.shape()), input.data())},
         {DNNL_ARG_WEIGHTS, prepared->weights},
         {DNNL_ARG_BIAS, onednn::wrap(onednn::dense({outputs}), bias.data())},
         {DNNL_ARG_DST, onednn::wrap(onednn::channels_last(output.shape()), output.data())}});
  }
};

Conv::Conv(const Tensor& weight, const Tensor& bias, ConvOptions options)
    : impl_(std::make_shared<Impl>()) {
  expect_shape(weight, {-1, -1, -1, -1}, "convolution weight");
  const std::int64_t groups = options.groups;
  Impl& impl = *impl_;
  impl.options = options;
  impl.outputs = weight.dim(0);
  impl.inputs = weight.dim(1) * groups;
  impl.kernel = {weight.dim(2), weight.dim(3)};
  if (groups < 1 || impl.outputs % groups != 0)
    throw Error(ErrorKind::kInternal, "convolution outputs are not a multiple of the groups");
  impl.bias = bias.empty() ? Tensor::zeros({impl.outputs}) : bias.clone();
  expect_shape(impl.bias, {impl.outputs}, "convolution bias");
  impl.weight_shape = weight.shape();
  if (groups > 1)
    impl.weight_shape = {groups, impl.outputs / groups, weight.dim(1), weight.dim(2),
                         weight.dim(3)};
  impl.weights = onednn::PackedWeights(onednn::dense(impl.weight_shape), weight.clone());
}

Shape Conv::output_shape(const Shape& input) const {
  const auto extent = [&](std::size_t axis) {
    return (input[axis + 1] + 2 * impl_->options.padding[axis] - impl_->kernel[axis]) /
               impl_->options.stride[axis] +
           1;
  };
  return {input[0], extent(0), extent(1), impl_->outputs};
}

Tensor Conv::operator()(const Tensor& input) const {
  if (impl_->options.accumulate != Accumulate::kReplace)
    throw Error(ErrorKind::kInternal, "an accumulating convolution needs an output to add to");
  expect_shape(input, {-1, -1, -1, impl_->inputs}, "convolution input");
  Tensor output(output_shape(input.shape()));
  (*this)(input, output);
  return output;
}

void Conv::operator()(const Tensor& input, Tensor& output) const {
  expect_shape(input, {-1, -1, -1, impl_->inputs}, "convolution input");
  expect_shape(output, output_shape(input.shape()), "convolution output");
  if (output.empty()) return;
  onednn::for_each_piece(input.dim(0), kLargestBatch, [&](auto begin, auto count) {
    impl_->run(input.rows(begin, begin + count), output.rows(begin, begin + count));
  });
}

}  // namespace attune::tensor
