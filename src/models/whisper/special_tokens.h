#pragma once

#include "core/time.h"
#include "models/whisper/token_model.h"

namespace attune::models::whisper {

/// Length of a window of sound, and the step of timestamp tokens and of attention frames.
inline constexpr Duration kWindowLength = std::chrono::seconds(30);
inline constexpr Duration kTimestampStep = std::chrono::milliseconds(20);

/// Tokens that are no text. Ids below `end_of_text` are text; all others are special; those from
/// `first_timestamp` on are times from 0.00 s to 30.00 s. The size of the vocabulary decides the
/// ids (Radford et al. 2022 and the published tokenizers).
struct SpecialTokens {
  int vocabulary_size = 0;
  /// English-only models have no language and task tokens in their prompt.
  bool multilingual = false;
  int language_count = 0;
  Token end_of_text = 0;
  Token start_of_transcript = 0;
  Token first_language = 0;
  Token translate = 0;
  Token transcribe = 0;
  Token start_of_lm = 0;
  Token previous = 0;
  Token no_speech = 0;
  Token no_timestamps = 0;
  Token first_timestamp = 0;

  /// 51864: English only; 51865: 99 languages; 51866: 100 languages (large-v3 and turbo). Throws
  /// Error(kModel) for any other size.
  static SpecialTokens for_vocabulary(int size);

  bool is_text(Token token) const { return token < end_of_text; }
  bool is_timestamp(Token token) const { return token >= first_timestamp; }
  /// Time from the start of the window that a timestamp token stands for.
  Duration time(Token timestamp) const { return (timestamp - first_timestamp) * kTimestampStep; }
};

}  // namespace attune::models::whisper
