#include "tensor/layer_norm.h"

#include "tensor/rows.h"

namespace attune::tensor {

LayerNorm::LayerNorm(const Tensor& weight, const Tensor& bias, float epsilon)
    : weight_(weight.clone()), bias_(bias.clone()), epsilon_(epsilon) {
  expect_shape(weight, {-1}, "layer normalisation weight");
  expect_shape(bias, weight.shape(), "layer normalisation bias");
}

Tensor LayerNorm::operator()(const Tensor& input) const {
  Tensor output(input.shape());
  if (input.empty()) return output;
  const auto width = static_cast<std::size_t>(weight_.size());
  expect_shape(input.reshaped({-1, input.dim(-1)}), {-1, weight_.size()}, "layer normalisation");
  for (std::size_t at = 0; at < input.values().size(); at += width)
    normalise_row(input.values().subspan(at, width), weight_.data(), bias_.data(), epsilon_,
                  output.data() + at);
  return output;
}

}  // namespace attune::tensor
