#include "tensor/batch_norm.h"

#include <cmath>

namespace attune::tensor {

FoldedWeights fold(const Tensor& weight, const Tensor& bias, const BatchNorm& norm) {
  const auto outputs = weight.dim(0);
  for (const Tensor* parameter : {&norm.weight, &norm.bias, &norm.mean, &norm.variance})
    expect_shape(*parameter, {outputs}, "batch normalisation parameter");
  FoldedWeights folded{weight.clone(), Tensor({outputs})};
  const auto row = outputs == 0 ? 0 : weight.size() / outputs;
  for (std::int64_t o = 0; o < outputs; ++o) {
    const double scale = norm.weight.data()[o] /
                         std::sqrt(static_cast<double>(norm.variance.data()[o]) + norm.epsilon);
    for (std::int64_t i = 0; i < row; ++i) {
      float& w = folded.weight.data()[o * row + i];
      w = static_cast<float>(w * scale);
    }
    const double before = bias.empty() ? 0.0 : bias.data()[o];
    folded.bias.data()[o] =
        static_cast<float>((before - norm.mean.data()[o]) * scale + norm.bias.data()[o]);
  }
  return folded;
}

}  // namespace attune::tensor
