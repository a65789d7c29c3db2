#include "models/light_asd.h"

#include <array>

#include "models/asd_encoders.h"
#include "models/layers.h"
#include "tensor/elementwise.h"

namespace attune::models {
namespace {

using tensor::Accumulate;
using tensor::Activation;
using tensor::FoldedWeights;
using tensor::Tensor;

constexpr float kEpsilon = 1e-3F;
constexpr std::int64_t kReach = 2;  // of the wider branch over time; the narrower one waits for it
constexpr std::array<std::int64_t, 4> kWidths{1, 32, 64, 128};

tensor::Conv relu_conv(const FoldedWeights& weights, std::array<std::int64_t, 2> stride,
                       std::array<std::int64_t, 2> padding) {
  return {weights.weight,
          weights.bias,
          {.stride = stride, .padding = padding, .activation = Activation::kRelu}};
}

}  // namespace

struct LightAsd::Contexts {
  TimeContext narrow{kReach};
  TimeContext wide{kReach};
};

LightAsd::Block LightAsd::visual_block(const WeightFile& file, std::size_t index) {
  const auto prefix = "model.visualEncoder.block" + std::to_string(index + 1) + ".";
  const auto in = kWidths[index];
  const auto out = kWidths[index + 1];
  const std::int64_t s = index == 0 ? 2 : 1;
  const auto conv = [&](const std::string& name, tensor::Shape shape) {
    return normalised_conv(file, prefix + name, prefix + "bn_" + name, shape, kEpsilon);
  };
  return {relu_conv(two_axes(conv("s_3", {out, in, 1, 3, 3}), 3, 3), {s, s}, {1, 1}),
          TimeConv(two_axes(conv("t_3", {out, out, 3, 1, 1}), 3, 1), Activation::kRelu),
          relu_conv(two_axes(conv("s_5", {out, in, 1, 5, 5}), 5, 5), {s, s}, {2, 2}),
          TimeConv(two_axes(conv("t_5", {out, out, 5, 1, 1}), 5, 1), Activation::kRelu,
                   Accumulate::kActivateThenAdd),
          relu_conv(two_axes(conv("last", {out, out, 1, 1, 1}), 1, 1), {1, 1}, {0, 0})};
}

LightAsd::Block LightAsd::audio_block(const WeightFile& file, std::size_t index) {
  const auto prefix = "model.audioEncoder.block" + std::to_string(index + 1) + ".";
  const auto in = kWidths[index];
  const auto out = kWidths[index + 1];
  const auto conv = [&](const std::string& name, tensor::Shape shape) {
    return normalised_conv(file, prefix + name, prefix + "bn_" + name, shape, kEpsilon);
  };
  return {relu_conv(two_axes(conv("m_3", {out, in, 3, 1}), 1, 3), {1, 1}, {0, 1}),
          TimeConv(two_axes(conv("t_3", {out, out, 1, 3}), 3, 1), Activation::kRelu),
          relu_conv(two_axes(conv("m_5", {out, in, 5, 1}), 1, 5), {1, 1}, {0, 2}),
          TimeConv(two_axes(conv("t_5", {out, out, 1, 5}), 5, 1), Activation::kRelu,
                   Accumulate::kActivateThenAdd),
          relu_conv(conv("last", {out, out, 1, 1}), {1, 1}, {0, 0})};
}

LightAsd::LightAsd(const WeightFile& file)
    : halve_(tensor::Pool::max({.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}})),
      greatest_(tensor::Pool::max({.kernel = {14, 14}, .stride = {1, 1}})),
      forward_(recurrent(file, "model.GRU.gru_forward", "_l0", 3, kEmbedding, kEmbedding),
               tensor::Direction::kForward),
      backward_(recurrent(file, "model.GRU.gru_backward", "_l0", 3, kEmbedding, kEmbedding),
                tensor::Direction::kBackward),
      classifier_(file.tensor("lossAV.FC.weight", {2, kEmbedding}),
                  file.tensor("lossAV.FC.bias", {2})) {
  for (std::size_t index = 0; index + 1 < kWidths.size(); ++index) {
    visual_.push_back(visual_block(file, index));
    audio_.push_back(audio_block(file, index));
  }
}

Tensor LightAsd::run(const Block& block, const Tensor& x, Contexts& contexts, bool last) {
  Tensor sum = convolved(block.narrow_time, contexts.narrow.push(block.narrow(x), last), kReach);
  add_convolved(block.wide_time, contexts.wide.push(block.wide(x), last), kReach, sum);
  return block.last(sum);
}

Tensor LightAsd::encode_faces(std::span<const std::uint8_t> crops) const {
  std::array<Contexts, 3> contexts;
  return encode_in_parts(crops, [&](const Tensor& pictures, bool last) {
    Tensor x = pictures;
    for (std::size_t i = 0; i < visual_.size(); ++i) {
      if (i > 0) x = halve_(x);
      x = run(visual_[i], x, contexts[i], last);
    }
    return greatest_(x).reshaped({x.dim(0), kEmbedding});
  });
}

Tensor LightAsd::encode_audio(const Tensor& mfcc) const {
  return encode_in_parts(mfcc, [&](const Tensor& rows) {
    Tensor x = rows;
    for (std::size_t i = 0; i < audio_.size(); ++i) {
      if (i > 0) x = halved_over_time(x);
      Contexts whole;
      x = run(audio_[i], x, whole, true);
    }
    return mean_over_coefficients(x);
  });
}

Tensor LightAsd::classify(const Tensor& audio, const Tensor& faces) const {
  Tensor x = audio.clone();
  add(x, faces);
  // The backward unit reads the forward one's output: stacked, not side by side.
  x = forward_(x);
  activate(Activation::kGelu, x);
  x = backward_(x);
  activate(Activation::kGelu, x);
  return classifier_(x);
}

}  // namespace attune::models
