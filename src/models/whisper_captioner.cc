#include "models/whisper_captioner.h"

#include <algorithm>
#include <cmath>

namespace attune::models {

WhisperCaptioner::WhisperCaptioner(std::shared_ptr<const whisper::WhisperModel> network,
                                   CaptionerModel name, whisper::TranscriptionOptions options)
    : network_(std::move(network)),
      name_(std::move(name)),
      transcriber_(network_->tokenizer(), std::move(options)) {}

std::vector<RecognizedWord> WhisperCaptioner::transcribe(std::span<const float> samples) {
  // Damaged files decode to NaN and infinity now and then.
  std::vector<float> sound(samples.size());
  std::ranges::transform(samples, sound.begin(), [](float sample) {
    return std::isfinite(sample) ? std::clamp(sample, -1.0f, 1.0f) : 0.0f;
  });
  return transcriber_(sound,
                      [this](std::span<const float> window) { return network_->listen(window); });
}

}  // namespace attune::models
