#include "models/align_audio_encoder.h"

#include "models/align_layers.h"

namespace attune::models {

AlignAudioEncoder::AlignAudioEncoder(const WeightFile& file, const AlignGeometry& geometry)
    : context_(geometry.audio_context), frames_per_tick_(geometry.mel_frames_per_tick()) {
  constexpr int kNarrow = 96;
  constexpr int kFramesPerTick = 4;  // two strides of 2
  // Half the receptive field: 1 + 2, then 2 at one frame in two, then 1 + 1 at one frame in four.
  constexpr int kContext = 15;
  if (frames_per_tick_ != kFramesPerTick || context_ != kContext) {
    file.fail("its audio_context does not fit the audio encoder");
  }
  constexpr auto kRelu = tensor::Activation::kRelu;
  const int width = geometry.width;
  layers_ = {time_conv(file, "audio.conv1", {geometry.sound.mel_bands, kNarrow, 3, 1}, kRelu),
             time_conv(file, "audio.conv2", {kNarrow, width, 5, 2}, kRelu),
             time_conv(file, "audio.conv3", {width, width, 5, 2}, kRelu),
             time_conv(file, "audio.conv4", {width, width, 3, 1}, kRelu),
             time_conv(file, "audio.conv5", {width, width, 3, 1}, tensor::Activation::kNone)};
}

int AlignAudioEncoder::frames_for(int ticks) const {
  return frames_per_tick_ * (ticks - 1) + 2 * context_ + 1;
}

tensor::Tensor AlignAudioEncoder::operator()(const tensor::Tensor& mel) const {
  tensor::Tensor x = mel.reshaped({1, 1, mel.dim(0), mel.dim(1)});
  for (const tensor::Conv& layer : layers_) x = layer(x);
  return x.reshaped({x.dim(2), x.dim(3)});
}

}  // namespace attune::models
