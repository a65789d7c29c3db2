#include "models/whisper/layers.h"

#include <algorithm>

namespace attune::models::whisper {
namespace {

using tensor::BasicView;
using tensor::BFloat16;
using tensor::LinearOptions;
using tensor::Tensor;

constexpr std::int64_t kWidening = 4;

LinearOptions with_gelu(LinearOptions options) {
  options.activation = tensor::Activation::kGelu;
  return options;
}

}  // namespace

LinearOptions adding(LinearOptions options) {
  options.accumulate = tensor::Accumulate::kActivateThenAdd;
  return options;
}

tensor::Linear linear(const ModelFile& file, const std::string& name, std::int64_t outputs,
                      std::int64_t inputs, const LinearOptions& options) {
  return {file.tensor(name + ".weight", {outputs, inputs}), file.tensor(name + ".bias", {outputs}),
          options};
}

tensor::Linear joined_linear(const ModelFile& file, const std::string& prefix,
                             const std::vector<std::string>& parts, std::int64_t width,
                             const LinearOptions& options) {
  const auto outputs = static_cast<std::int64_t>(parts.size()) * width;
  Tensor weight({outputs, width});
  Tensor bias = Tensor::zeros({outputs});
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string name = prefix + "." + parts[i];
    const auto first = static_cast<std::int64_t>(i) * width;
    const Tensor part = file.tensor(name + ".weight", {width, width});
    std::copy_n(part.data(), part.size(), weight.data() + first * width);
    if (!file.contains(name + ".bias")) continue;
    const Tensor part_bias = file.tensor(name + ".bias", {width});
    std::copy_n(part_bias.data(), width, bias.data() + first);
  }
  return {weight, bias, options};
}

tensor::LayerNorm layer_norm(const ModelFile& file, const std::string& name, std::int64_t width) {
  return {file.tensor(name + ".weight", {width}), file.tensor(name + ".bias", {width})};
}

FeedForward::FeedForward(const ModelFile& file, const std::string& block, std::int64_t width,
                         LinearOptions options)
    : norm_(layer_norm(file, block + ".mlp_ln", width)),
      up_(linear(file, block + ".mlp.0", kWidening * width, width, with_gelu(options))),
      down_(linear(file, block + ".mlp.2", width, kWidening * width, adding(options))),
      rounds_(options.precision == tensor::Precision::kBFloat16) {}

void FeedForward::operator()(Tensor& x) const {
  const tensor::Shape inside{x.dim(0), up_.outputs()};
  if (rounds_) {
    // Kept from call to call: clearing it each time would take a tenth of the products' time.
    thread_local std::vector<BFloat16> hidden;
    hidden.resize(std::max(hidden.size(), static_cast<std::size_t>(tensor::volume(inside))));
    up_(norm_(x), BasicView<BFloat16>(hidden.data(), inside));
    down_(BasicView<const BFloat16>(hidden.data(), inside), x);
  } else {
    down_(up_(norm_(x)), x);
  }
}

}  // namespace attune::models::whisper
