#pragma once

#include <memory>

#include "models/captioner.h"
#include "models/whisper/transcription.h"
#include "models/whisper/whisper_model.h"

namespace attune::models {

/// Whisper (Radford et al. 2022): about a hundred languages, with punctuation and capitals, and
/// translation into English. Word times come from the text's cross-attention over the sound.
///
/// Each stretch is transcribed on its own, its language detected on its own where none is set.
/// Deterministic. Memory: the model, which captioners share, and the caches of one window, and
/// what is encoded of kStretchesAtOnce windows.
class WhisperCaptioner : public Captioner {
 public:
  /// `name`: what results call the model. Throws Error(kUsage) when the model cannot do what the
  /// options ask for: a language it does not know, translation by an English-only model.
  WhisperCaptioner(std::shared_ptr<const whisper::WhisperModel> network, CaptionerModel name,
                   whisper::TranscriptionOptions options);

  CaptionerModel model() const override { return name_; }
  /// Whisper hears 30 s at once, whatever of them is sound: fewer, longer stretches cost less and
  /// give it more to go by.
  StretchLengths stretches() const override {
    return {std::chrono::seconds(1), std::chrono::seconds(28)};
  }
  std::vector<RecognizedWord> transcribe(std::span<const float> samples) override;
  /// The first windows of the stretches are encoded in one batch.
  std::vector<std::vector<RecognizedWord>> transcribe_all(
      std::span<const std::span<const float>> stretches) override;

  /// In one batch; more would be no faster and take more memory.
  static constexpr std::size_t kStretchesAtOnce = 4;

 private:
  void transcribe_some(std::span<const std::span<const float>> stretches,
                       std::vector<std::vector<RecognizedWord>>& words) const;

  std::shared_ptr<const whisper::WhisperModel> network_;
  CaptionerModel name_;
  whisper::Transcriber transcriber_;
};

}  // namespace attune::models
