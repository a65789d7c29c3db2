#include "models/silero_vad.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/layers.h"
#include "tensor/elementwise.h"

namespace attune::models {
namespace {

using tensor::Activation;
using tensor::Tensor;

constexpr std::int64_t kContext = 64;
constexpr std::int64_t kReflected = 64;
constexpr std::int64_t kWindow = kContext + SileroVad::kChunkSamples + kReflected;
constexpr std::int64_t kFrame = 256;
constexpr std::int64_t kHop = 128;
constexpr std::int64_t kBins = 129;
constexpr std::int64_t kHidden = 128;
constexpr std::int64_t kLargestBatch = 256;  // chunks, 8 s

struct Layer {
  const char* name;
  std::int64_t inputs;
  std::int64_t outputs;
  std::int64_t stride;
};
constexpr std::array kEncoder{Layer{"conv1", kBins, 128, 1}, Layer{"conv2", 128, 64, 2},
                              Layer{"conv3", 64, 64, 2}, Layer{"conv4", 64, kHidden, 1}};

tensor::Conv spectrum(const WeightFile& file) {
  const Tensor weight = file.tensor("stft_conv.weight", {2 * kBins, 1, kFrame});
  return {weight.reshaped({2 * kBins, 1, 1, kFrame}), {}, {.stride = {1, kHop}}};
}

// [.., 258] real parts, then imaginary parts -> [.., 129] magnitudes.
Tensor magnitudes(const Tensor& spectrum) {
  tensor::Shape shape = spectrum.shape();
  shape.back() = kBins;
  Tensor result(shape);
  for (std::int64_t row = 0; row < result.size() / kBins; ++row) {
    const float* real = spectrum.data() + row * 2 * kBins;
    std::transform(real, real + kBins, real + kBins, result.data() + row * kBins,
                   [](float re, float im) { return std::sqrt(re * re + im * im); });
  }
  return result;
}

// Context, chunk, and the end of the chunk mirrored (its last sample not repeated).
void fill_window(float* window, std::vector<float>& context, std::span<const float> chunk) {
  float* out = std::copy(context.begin(), context.end(), window);
  out = std::copy(chunk.begin(), chunk.end(), out);
  float* const end = window + kContext + SileroVad::kChunkSamples;
  std::fill(out, end, 0.0F);
  for (std::int64_t i = 0; i < kReflected; ++i) end[i] = end[-2 - i];
  std::copy(end - kContext, end, context.begin());
}

}  // namespace

SileroVad::SileroVad(const WeightFile& file)
    : spectrum_(spectrum(file)),
      lstm_(recurrent(file, "lstm_cell", "", 4, kHidden, kHidden)),
      output_(file.tensor("final_conv.weight", {1, kHidden, 1}).reshaped({1, kHidden}),
              file.tensor("final_conv.bias", {1}), Activation::kSigmoid) {
  for (const Layer& layer : kEncoder) {
    const std::string name = layer.name;
    const Tensor weight = file.tensor(name + ".weight", {layer.outputs, layer.inputs, 3});
    encoder_.emplace_back(
        weight.reshaped({layer.outputs, layer.inputs, 1, 3}),
        file.tensor(name + ".bias", {layer.outputs}),
        tensor::ConvOptions{
            .stride = {1, layer.stride}, .padding = {0, 1}, .activation = Activation::kRelu});
  }
}

SileroVad::State SileroVad::initial_state() const {
  return {std::vector<float>(kContext, 0.0F), lstm_.initial_state()};
}

Tensor SileroVad::encode(const Tensor& windows) const {
  Tensor x = magnitudes(spectrum_(windows));
  for (const tensor::Conv& conv : encoder_) x = conv(x);
  return x.reshaped({-1, kHidden});
}

std::vector<float> SileroVad::operator()(std::span<const float> samples, State& state) const {
  std::vector<float> probabilities;
  while (!samples.empty()) {
    const auto chunks =
        static_cast<std::int64_t>((samples.size() + kChunkSamples - 1) / kChunkSamples);
    const auto batch = std::min(chunks, kLargestBatch);
    Tensor windows({batch, 1, kWindow, 1});
    for (std::int64_t i = 0; i < batch; ++i) {
      const auto length = std::min<std::size_t>(kChunkSamples, samples.size());
      fill_window(windows.data() + i * kWindow, state.context, samples.first(length));
      samples = samples.subspan(length);
    }
    Tensor hidden = lstm_(encode(windows), state.lstm);
    activate(Activation::kRelu, hidden);
    const Tensor p = output_(hidden);
    probabilities.insert(probabilities.end(), p.values().begin(), p.values().end());
  }
  return probabilities;
}

}  // namespace attune::models
