#include "models/align_layers.h"

namespace attune::models {

std::int64_t channels(const WeightFile& file, const std::string& layer) {
  return file.tensor(layer + ".bias", {-1}).dim(0);
}

tensor::Conv time_conv(const WeightFile& file, const std::string& name, const ConvShape& shape,
                       tensor::Activation activation) {
  const tensor::Tensor weight =
      file.tensor(name + ".weight", {shape.outputs, shape.inputs, shape.kernel});
  return tensor::Conv(weight.reshaped({shape.outputs, shape.inputs, 1, shape.kernel}),
                      file.tensor(name + ".bias", {shape.outputs}),
                      {.stride = {1, shape.stride}, .activation = activation});
}

tensor::Conv picture_conv(const WeightFile& file, const std::string& name, const ConvShape& shape) {
  return tensor::Conv(
      file.tensor(name + ".weight", {shape.outputs, shape.inputs, shape.kernel, shape.kernel}),
      file.tensor(name + ".bias", {shape.outputs}),
      {.stride = {shape.stride, shape.stride}, .activation = tensor::Activation::kRelu});
}

tensor::Linear linear(const WeightFile& file, const std::string& name, std::int64_t inputs,
                      std::int64_t outputs) {
  return tensor::Linear(file.tensor(name + ".weight", {outputs, inputs}),
                        file.tensor(name + ".bias", {outputs}));
}

}  // namespace attune::models
