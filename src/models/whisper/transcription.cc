#include "models/whisper/transcription.h"

#include <algorithm>

#include "models/whisper/languages.h"
#include "models/whisper/log_mel.h"
#include "models/whisper/repetition.h"
#include "models/whisper/word_times.h"

namespace attune::models::whisper {
namespace {

/// No word is looked for in less; a window that is mostly padding invites inventions.
constexpr Duration kShortestRest = std::chrono::milliseconds(500);
/// Under a tenth of a second no word can be told.
constexpr std::size_t kShortestSound = kSampleRateHz / 10;
/// Text that was drawn at a higher temperature is no good start for the next window.
constexpr double kWarmestPreviousText = 0.5;

Duration length_of(std::size_t samples) {
  return Duration(std::chrono::seconds(1)) * static_cast<std::int64_t>(samples) / kSampleRateHz;
}

std::size_t samples_in(Duration length) {
  return static_cast<std::size_t>(length * kSampleRateHz / Duration(std::chrono::seconds(1)));
}

}  // namespace

Progress settled(std::span<const Token> tokens, const SpecialTokens& special, Duration sound) {
  const auto is_time = [&](std::size_t i) { return special.is_timestamp(tokens[i]); };
  const Progress all{tokens.size(), sound};
  const bool ends_with_one_time =
      tokens.size() >= 2 && is_time(tokens.size() - 1) && !is_time(tokens.size() - 2);
  if (ends_with_one_time) return all;
  for (std::size_t i = tokens.size(); i-- > 1;) {
    if (!is_time(i) || !is_time(i - 1)) continue;
    const Duration next = special.time(tokens[i - 1]);
    if (next == Duration::zero() || sound - next < kShortestRest) return all;
    return {i, next};
  }
  return all;
}

Transcriber::Transcriber(const Tokenizer& tokenizer, TranscriptionOptions options)
    : tokenizer_(tokenizer),
      options_(std::move(options)),
      decoder_(tokenizer, options_.decoding),
      prompt_(tokenizer.encode(options_.prompt)) {}

std::span<const float> Transcriber::first_window(std::span<const float> sound) {
  if (sound.size() < kShortestSound) return {};
  return sound.first(std::min<std::size_t>(kWindowSamples, sound.size()));
}

std::vector<RecognizedWord> Transcriber::operator()(std::span<const float> sound,
                                                    const OpenWindow& open) const {
  std::vector<RecognizedWord> words;
  std::vector<Token> previous = prompt_;
  for (std::size_t position = 0; sound.size() - position >= kShortestSound;) {
    const auto window = first_window(sound.subspan(position));
    const Duration length = length_of(window.size());
    const std::unique_ptr<TokenModel> model = open(window);
    const DecodedWindow decoded = decoder_.decode(*model, previous);
    const Progress progress = settled(decoded.tokens, tokenizer_.special(), length);

    std::vector<Token> text;
    std::vector<float> probabilities;
    for (std::size_t i = 0; i < progress.tokens; ++i) {
      if (!tokenizer_.special().is_text(decoded.tokens[i])) continue;
      text.push_back(decoded.tokens[i]);
      probabilities.push_back(decoded.probabilities[i]);
    }
    const bool without_spaces =
        options_.decoding.task == Task::kTranscribe && written_without_spaces(decoded.language);
    for (RecognizedWord& word :
         time_words(*model, tokenizer_, decoder_.start_tokens(decoded.language), text,
                    probabilities, without_spaces, progress.next)) {
      word.span = {word.span.start + length_of(position), word.span.end + length_of(position)};
      words.push_back(std::move(word));
    }
    if (options_.previous_text) previous.insert(previous.end(), text.begin(), text.end());
    if (!options_.previous_text || decoded.temperature > kWarmestPreviousText) previous = prompt_;
    position += progress.next == length ? window.size() : samples_in(progress.next);
  }
  cut_loops(words);
  return words;
}

}  // namespace attune::models::whisper
