#include "models/lr_asd.h"

#include <array>

#include "models/asd_encoders.h"
#include "models/layers.h"
#include "tensor/elementwise.h"

namespace attune::models {
namespace {

using tensor::Activation;
using tensor::FoldedWeights;
using tensor::Tensor;

constexpr float kEpsilon = 1e-3F;
constexpr std::int64_t kHidden = 64;
constexpr std::array<std::int64_t, 4> kWidths{1, 32, 64, 128};

// x * sigmoid(normalised(W x)): the gate of a fusion.
tensor::Linear gate(const WeightFile& file, const std::string& prefix, std::int64_t width) {
  const FoldedWeights folded =
      normalised_conv(file, prefix + ".attention", prefix + ".bn", {width, width, 1}, kEpsilon);
  return {folded.weight.reshaped({width, width}), folded.bias, Activation::kSigmoid};
}

Tensor fused(const tensor::Linear& gate, const Tensor& a, const Tensor& b) {
  Tensor x = concatenated(a, b);
  multiply(x, gate(x));
  return x;
}

}  // namespace

LrAsd::Block LrAsd::visual_block(const WeightFile& file, std::size_t index) {
  const auto prefix = "model.visualEncoder.block" + std::to_string(index + 1) + ".";
  const auto in = kWidths[index];
  const auto out = kWidths[index + 1];
  const auto conv = [&](const char* name, const char* norm, tensor::Shape shape) {
    return normalised_conv(file, prefix + name, prefix + norm, shape, kEpsilon);
  };
  const auto s1 = two_axes(conv("s_1", "s_norm_1", {out / 2, in, 1, 5, 5}), 5, 5);
  const auto s2 = two_axes(conv("s_2", "s_norm_2", {out, out / 2, 1, 3, 3}), 3, 3);
  const std::int64_t stride = index == 0 ? 2 : 1;
  return {
      tensor::Conv(
          s1.weight, s1.bias,
          {.stride = {stride, stride}, .padding = {2, 2}, .activation = Activation::kRelu}),
      tensor::Conv(s2.weight, s2.bias, {.padding = {1, 1}, .activation = Activation::kRelu}),
      TimeConv(two_axes(conv("t_1", "t_norm_1", {out, out, 5, 1, 1}), 5, 1), Activation::kRelu),
      TimeConv(two_axes(conv("t_2", "t_norm_2", {out, out, 3, 1, 1}), 3, 1), Activation::kRelu)};
}

LrAsd::Block LrAsd::audio_block(const WeightFile& file, std::size_t index) {
  const auto prefix = "model.audioEncoder.block" + std::to_string(index + 1) + ".";
  const auto in = kWidths[index];
  const auto out = kWidths[index + 1];
  const auto conv = [&](const char* name, const char* norm, tensor::Shape shape) {
    return normalised_conv(file, prefix + name, prefix + norm, shape, kEpsilon);
  };
  const auto m1 = two_axes(conv("m_1", "m_norm_1", {out / 2, in, 5, 1}), 1, 5);
  const auto m2 = two_axes(conv("m_2", "m_norm_2", {out, out / 2, 3, 1}), 1, 3);
  return {tensor::Conv(m1.weight, m1.bias, {.padding = {0, 2}, .activation = Activation::kRelu}),
          tensor::Conv(m2.weight, m2.bias, {.padding = {0, 1}, .activation = Activation::kRelu}),
          TimeConv(two_axes(conv("t_1", "t_norm_1", {out, out, 1, 5}), 5, 1), Activation::kRelu),
          TimeConv(two_axes(conv("t_2", "t_norm_2", {out, out, 1, 3}), 3, 1), Activation::kRelu)};
}

LrAsd::LrAsd(const WeightFile& file)
    : halve_(tensor::Pool::max({.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}})),
      greatest_(tensor::Pool::max({.kernel = {14, 14}, .stride = {1, 1}})),
      fusion_(gate(file, "model.fusion", 2 * kEmbedding)),
      forward_(recurrent(file, "model.detector.gru_forward", "_l0", 3, 2 * kEmbedding, kHidden),
               tensor::Direction::kForward),
      backward_(recurrent(file, "model.detector.gru_backward", "_l0", 3, 2 * kEmbedding, kHidden),
                tensor::Direction::kBackward),
      attention_(gate(file, "model.detector.attention", 2 * kHidden)),
      classifier_(file.tensor("lossAV.FC.weight", {2, 2 * kHidden}),
                  file.tensor("lossAV.FC.bias", {2})) {
  for (std::size_t index = 0; index + 1 < kWidths.size(); ++index) {
    visual_.push_back(visual_block(file, index));
    audio_.push_back(audio_block(file, index));
  }
}

Tensor LrAsd::encode_faces(std::span<const std::uint8_t> crops) const {
  struct Contexts {
    TimeContext first{2};
    TimeContext second{1};
  };
  std::array<Contexts, 3> contexts;
  return encode_in_parts(crops, [&](const Tensor& pictures, bool last) {
    Tensor x = pictures;
    for (std::size_t i = 0; i < visual_.size(); ++i) {
      if (i > 0) x = halve_(x);
      const Block& block = visual_[i];
      x = block.second(block.first(x));
      x = convolved(block.time_first, contexts[i].first.push(x, last), 2);
      x = convolved(block.time_second, contexts[i].second.push(x, last), 1);
    }
    return greatest_(x).reshaped({x.dim(0), kEmbedding});
  });
}

Tensor LrAsd::encode_audio(const Tensor& mfcc) const {
  return encode_in_parts(mfcc, [&](const Tensor& rows) {
    Tensor x = rows;
    for (std::size_t i = 0; i < audio_.size(); ++i) {
      if (i > 0) x = halved_over_time(x);
      const Block& block = audio_[i];
      x = block.second(block.first(x));
      x = convolved(block.time_first, TimeContext(2).push(x, true), 2);
      x = convolved(block.time_second, TimeContext(1).push(x, true), 1);
    }
    return mean_over_coefficients(x);
  });
}

Tensor LrAsd::classify(const Tensor& audio, const Tensor& faces) const {
  const Tensor fusion = fused(fusion_, audio, faces);
  return classifier_(fused(attention_, forward_(fusion), backward_(fusion)));
}

}  // namespace attune::models
