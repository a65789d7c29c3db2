#include "models/align_heads.h"

#include "models/align_layers.h"

namespace attune::models {

AlignHead::AlignHead(const WeightFile& file, const AlignGeometry& geometry, const std::string& name,
                     int features, int hidden)
    : features_(features) {
  const auto kernel = [&](const char* layer) {
    return file.tensor(name + layer, {-1, -1, -1}).dim(2);
  };
  const std::int64_t first = kernel(".conv1.weight");
  const std::int64_t second = kernel(".conv2.weight");
  if (first % 2 == 0 || second % 2 == 0 || geometry.head_context != first / 2 + second / 2) {
    file.fail("its head_context does not fit the speaking and off-screen heads");
  }
  constexpr auto kRelu = tensor::Activation::kRelu;
  layers_ = {time_conv(file, name + ".conv1", {features, hidden, first, 1}, kRelu),
             time_conv(file, name + ".conv2", {hidden, hidden, second, 1}, kRelu),
             time_conv(file, name + ".out", {hidden, 1, 1, 1}, tensor::Activation::kNone)};
}

std::vector<float> AlignHead::operator()(const tensor::Tensor& columns) const {
  tensor::Tensor x = columns.reshaped({1, 1, columns.dim(0), features_});
  for (const tensor::Conv& layer : layers_) x = layer(x);
  return {x.values().begin(), x.values().end()};
}

}  // namespace attune::models
