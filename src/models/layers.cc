#include "models/layers.h"

namespace attune::models {

tensor::BatchNorm batch_norm(const WeightFile& file, const std::string& prefix,
                             std::int64_t channels, float epsilon) {
  return {file.tensor(prefix + ".weight", {channels}), file.tensor(prefix + ".bias", {channels}),
          file.tensor(prefix + ".running_mean", {channels}),
          file.tensor(prefix + ".running_var", {channels}), epsilon};
}

tensor::FoldedWeights normalised_conv(const WeightFile& file, const std::string& conv,
                                      const std::string& norm, const tensor::Shape& shape,
                                      float epsilon) {
  const tensor::Tensor weight = file.tensor(conv + ".weight", shape);
  return fold(weight, {}, batch_norm(file, norm, weight.dim(0), epsilon));
}

tensor::FoldedWeights two_axes(tensor::FoldedWeights weights, std::int64_t rows,
                               std::int64_t columns) {
  tensor::Tensor& weight = weights.weight;
  weight = weight.reshaped({weight.dim(0), weight.dim(1), rows, columns});
  return weights;
}

tensor::RecurrentWeights recurrent(const WeightFile& file, const std::string& prefix,
                                   const std::string& suffix, std::int64_t gates,
                                   std::int64_t inputs, std::int64_t hidden) {
  return {file.tensor(prefix + ".weight_ih" + suffix, {gates * hidden, inputs}),
          file.tensor(prefix + ".weight_hh" + suffix, {gates * hidden, hidden}),
          file.tensor(prefix + ".bias_ih" + suffix, {gates * hidden}),
          file.tensor(prefix + ".bias_hh" + suffix, {gates * hidden})};
}

}  // namespace attune::models
