#include "models/align_heads.h"

#include "models/align_layers.h"

namespace attune::models {

AlignHead::AlignHead(const WeightFile& file, const AlignGeometry& geometry, const std::string& name,
                     int features, int hidden)
    : features_(features) {
  constexpr int kKernel = 5;
  if (geometry.head_context != 2 * (kKernel / 2)) {
    file.fail("its head_context does not fit the speaking and off-screen heads");
  }
  constexpr auto kRelu = tensor::Activation::kRelu;
  layers_ = {time_conv(file, name + ".conv1", {features, hidden, kKernel, 1}, kRelu),
             time_conv(file, name + ".conv2", {hidden, hidden, kKernel, 1}, kRelu),
             time_conv(file, name + ".out", {hidden, 1, 1, 1}, tensor::Activation::kNone)};
}

std::vector<float> AlignHead::operator()(const tensor::Tensor& columns) const {
  tensor::Tensor x = columns.reshaped({1, 1, columns.dim(0), features_});
  for (const tensor::Conv& layer : layers_) x = layer(x);
  return {x.values().begin(), x.values().end()};
}

}  // namespace attune::models
