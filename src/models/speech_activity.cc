#include "models/speech_activity.h"

#include "models/align_layers.h"

namespace attune::models {

SpeechActivity::SpeechActivity(const WeightFile& file, const AlignGeometry& geometry)
    : context_(geometry.speech_context), frames_per_tick_(geometry.mel_frames_per_tick()) {
  constexpr int kNarrow = 32;
  constexpr int kWide = 48;
  constexpr int kFramesPerTick = 4;  // two strides of 2
  // Half the receptive field: 2, then 2 at one frame in two, then 2 + 2 + 2 at one in four.
  constexpr int kContext = 30;
  if (frames_per_tick_ != kFramesPerTick || context_ != kContext) {
    file.fail("its speech_context does not fit the speech activity network");
  }
  constexpr auto kRelu = tensor::Activation::kRelu;
  layers_ = {time_conv(file, "speech.conv1", {geometry.sound.mel_bands, kNarrow, 5, 2}, kRelu),
             time_conv(file, "speech.conv2", {kNarrow, kWide, 5, 2}, kRelu),
             time_conv(file, "speech.conv3", {kWide, kWide, 5, 1}, kRelu),
             time_conv(file, "speech.conv4", {kWide, kWide, 5, 1}, kRelu),
             time_conv(file, "speech.conv5", {kWide, kWide, 5, 1}, kRelu),
             time_conv(file, "speech.out", {kWide, 1, 1, 1}, tensor::Activation::kSigmoid)};
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
