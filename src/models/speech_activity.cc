#include "models/speech_activity.h"

#include <iterator>
#include <string>

#include "models/align_layers.h"

namespace attune::models {

SpeechActivity::SpeechActivity(const WeightFile& file, const AlignGeometry& geometry)
    : context_(geometry.speech_context), frames_per_tick_(geometry.mel_frames_per_tick()) {
  constexpr int kStrides[] = {2, 2, 1, 1, 1};
  std::int64_t inputs = geometry.sound.mel_bands;
  std::int64_t reach = 0;  // half the receptive field, in frames
  std::int64_t step = 1;   // frames between a layer's inputs
  for (int layer = 0; layer < std::ssize(kStrides); ++layer) {
    const std::string name = "speech.conv" + std::to_string(layer + 1);
    const std::int64_t outputs = channels(file, name);
    const std::int64_t kernel = file.tensor(name + ".weight", {outputs, inputs, -1}).dim(2);
    layers_.push_back(time_conv(file, name, {inputs, outputs, kernel, kStrides[layer]},
                                tensor::Activation::kRelu));
    reach += kernel / 2 * step;
    step *= kStrides[layer];
    inputs = outputs;
  }
  layers_.push_back(
      time_conv(file, "speech.out", {inputs, 1, 1, 1}, tensor::Activation::kSigmoid));
  if (frames_per_tick_ != step || context_ != reach) {
    file.fail("its speech_context does not fit the speech activity network");
  }
}

int SpeechActivity::frames_for(int ticks) const {
  return frames_per_tick_ * (ticks - 1) + 2 * context_ + 1;
}

std::vector<float> SpeechActivity::operator()(const tensor::Tensor& mel) const {
  tensor::Tensor x = mel.reshaped({1, 1, mel.dim(0), mel.dim(1)});
  for (const tensor::Conv& layer : layers_) x = layer(x);
  return {x.values().begin(), x.values().end()};
}

}  // namespace attune::models
