#include "models/whisper/special_tokens.h"

#include <fmt/format.h>

#include "core/error.h"

namespace attune::models::whisper {
namespace {

constexpr int kEnglishVocabulary = 51864;
constexpr int kMultilingualVocabulary = 51865;
constexpr int kVersion3Vocabulary = 51866;

}  // namespace

SpecialTokens SpecialTokens::for_vocabulary(int size) {
  if (size < kEnglishVocabulary || size > kVersion3Vocabulary)
    throw Error(
        ErrorKind::kModel,
        fmt::format("a vocabulary of {} tokens is no Whisper model's: {} (English only), "
                    "{} (99 languages) or {} (100 languages) are known",
                    size, kEnglishVocabulary, kMultilingualVocabulary, kVersion3Vocabulary));
  SpecialTokens tokens;
  tokens.vocabulary_size = size;
  tokens.multilingual = size != kEnglishVocabulary;
  tokens.language_count = size == kVersion3Vocabulary ? 100 : 99;
  tokens.end_of_text = tokens.multilingual ? 50257 : 50256;
  tokens.start_of_transcript = tokens.end_of_text + 1;
  tokens.first_language = tokens.start_of_transcript + 1;
  tokens.translate = tokens.first_language + tokens.language_count;
  tokens.transcribe = tokens.translate + 1;
  tokens.start_of_lm = tokens.transcribe + 1;
  tokens.previous = tokens.start_of_lm + 1;
  tokens.no_speech = tokens.previous + 1;
  tokens.no_timestamps = tokens.no_speech + 1;
  tokens.first_timestamp = tokens.no_timestamps + 1;
  return tokens;
}

}  // namespace attune::models::whisper
