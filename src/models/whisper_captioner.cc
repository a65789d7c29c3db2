#include "models/whisper_captioner.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace attune::models {
namespace {

using whisper::Transcriber;

/// Damaged files decode to NaN and infinity now and then.
std::vector<float> finite(std::span<const float> samples) {
  std::vector<float> sound(samples.size());
  std::ranges::transform(samples, sound.begin(), [](float sample) {
    return std::isfinite(sample) ? std::clamp(sample, -1.0f, 1.0f) : 0.0f;
  });
  return sound;
}

}  // namespace

WhisperCaptioner::WhisperCaptioner(std::shared_ptr<const whisper::WhisperModel> network,
                                   CaptionerModel name, whisper::TranscriptionOptions options)
    : network_(std::move(network)),
      name_(std::move(name)),
      transcriber_(network_->tokenizer(), std::move(options)) {}

std::vector<RecognizedWord> WhisperCaptioner::transcribe(std::span<const float> samples) {
  return transcribe_all({&samples, 1}).front();
}

std::vector<std::vector<RecognizedWord>> WhisperCaptioner::transcribe_all(
    std::span<const std::span<const float>> stretches) {
  std::vector<std::vector<RecognizedWord>> words;
  for (std::size_t begin = 0; begin < stretches.size(); begin += kStretchesAtOnce) {
    const auto count = std::min(kStretchesAtOnce, stretches.size() - begin);
    transcribe_some(stretches.subspan(begin, count), words);
  }
  return words;
}

void WhisperCaptioner::transcribe_some(std::span<const std::span<const float>> stretches,
                                       std::vector<std::vector<RecognizedWord>>& words) const {
  std::vector<std::vector<float>> sounds;
  for (const std::span<const float> samples : stretches) sounds.push_back(finite(samples));
  std::vector<std::span<const float>> windows;
  for (const std::vector<float>& sound : sounds)
    if (const auto first = Transcriber::first_window(sound); !first.empty())
      windows.push_back(first);
  const tensor::Tensor encoded = network_->encode(windows);

  std::int64_t next = 0;
  for (const std::vector<float>& sound : sounds) {
    bool is_first = true;
    words.push_back(transcriber_(sound, [&](std::span<const float> window) {
      if (!std::exchange(is_first, false)) return network_->open(network_->encode({&window, 1}));
      const auto row = next++;
      return network_->open(encoded.rows(row, row + 1));
    }));
  }
}

}  // namespace attune::models
