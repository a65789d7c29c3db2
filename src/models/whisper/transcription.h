#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/captioner.h"
#include "models/whisper/decoding.h"

namespace attune::models::whisper {

struct TranscriptionOptions {
  DecodingOptions decoding;
  /// Whether a window goes on from the text of the one before. Helps names and style along, and
  /// lets one window's mistakes reach the next.
  bool previous_text = false;
  /// Text that is taken to have been said before: spellings of names, style.
  std::string prompt;
};

/// What decoding searches over for a window of at most 30 s of sound (16 kHz, mono).
using OpenWindow = std::function<std::unique_ptr<TokenModel>(std::span<const float> sound)>;

/// Writes down the words of a stretch of sound of any length: windows of at most 30 s, each from
/// where the last one's text ended. Thread-safe.
class Transcriber {
 public:
  /// The window that `open` is asked for first, so that it may be encoded before; empty where
  /// `sound` is too short for a word.
  static std::span<const float> first_window(std::span<const float> sound);

  /// Throws Error(kUsage) when the model cannot do what the options ask for. The tokenizer must
  /// outlive the object.
  Transcriber(const Tokenizer& tokenizer, TranscriptionOptions options);

  /// `sound`: 16 kHz, mono. Words in order, without overlap, within the sound; repeated loops are
  /// cut.
  std::vector<RecognizedWord> operator()(std::span<const float> sound,
                                         const OpenWindow& open) const;

 private:
  const Tokenizer& tokenizer_;
  TranscriptionOptions options_;
  WindowDecoder decoder_;
  std::vector<Token> prompt_;
};

/// How much of a window's tokens is settled, and where the next window begins.
struct Progress {
  std::size_t tokens = 0;
  Duration next{};
};

/// A text with both its timestamps is settled; one that was cut off is left to the next window,
/// which begins at its timestamp. When `sound` (the length of the window's sound) leaves less than
/// half a second for that, all is settled.
Progress settled(std::span<const Token> tokens, const SpecialTokens& special, Duration sound);

}  // namespace attune::models::whisper
