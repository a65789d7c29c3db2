#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "models/whisper/decoder.h"
#include "models/whisper/encoder.h"
#include "models/whisper/log_mel.h"
#include "models/whisper/tokenizer.h"

namespace attune::models::whisper {

/// An opened model with its vocabulary: sound in, what text is searched in out. Thread-safe; the
/// weights are held once, however many threads use them.
class WhisperModel {
 public:
  /// `path`: a file in the ggml format, or a Hugging Face folder or the model.safetensors in it,
  /// with tokenizer.json or vocab.json beside. `arithmetic`: "auto", "f32", "bf16" or "int8".
  /// Throws Error(kModel), naming the file, when it is no Whisper model, damaged, or its vocabulary
  /// does not fit; Error(kUsage) for an unknown arithmetic.
  WhisperModel(const std::filesystem::path& path, std::string_view arithmetic);

  const Tokenizer& tokenizer() const { return *tokenizer_; }

  /// Windows of at most 30 s of sound, 16 kHz, mono, encoded in one batch: [windows, 1500, width].
  /// What a window becomes does not depend on the others.
  tensor::Tensor encode(std::span<const std::span<const float>> windows) const;

  /// What is searched in, from one window [1, 1500, width] of encode(). May outlive the model.
  std::unique_ptr<TokenModel> open(const tensor::Tensor& encoded) const;

 private:
  WhisperModel(const std::shared_ptr<const ModelFile>& file, std::string_view arithmetic);

  std::unique_ptr<const Tokenizer> tokenizer_;
  LogMel mel_;
  Encoder encoder_;
  Decoder decoder_;
};

}  // namespace attune::models::whisper
