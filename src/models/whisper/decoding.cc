#include "models/whisper/decoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "models/whisper/compression.h"
#include "models/whisper/languages.h"
#include "models/whisper/log_probabilities.h"
#include "models/whisper/utf8_text.h"

namespace attune::models::whisper {
namespace {

/// Feeds tokens to a state; returns the logits of what follows.
std::vector<float> feed(TokenModel& model, TokenState& state, std::span<const Token> tokens) {
  TokenState* const states[] = {&state};
  const tensor::Tensor logits = model.step(states, tokens);
  return {logits.values().begin(), logits.values().end()};
}

double probability(std::span<const float> logits, Token token) {
  return std::exp(logits[static_cast<std::size_t>(token)] - log_sum_exp(logits));
}

void check(const SpecialTokens& special, const DecodingOptions& options) {
  const auto refuse = [](const std::string& message) { throw Error(ErrorKind::kUsage, message); };
  if (options.temperatures.empty()) refuse("at least one temperature is needed");
  if (options.beam_size < 1 || options.best_of < 1)
    refuse("the beam size and the number of texts drawn are 1 or more");
  if (!special.multilingual && options.task == Task::kTranslate)
    refuse("an English-only Whisper model cannot translate; use the model without \".en\"");
  if (!options.language) return;
  const Language& language = languages()[static_cast<std::size_t>(*options.language)];
  if (!special.multilingual && *options.language != 0)
    refuse(fmt::format("an English-only Whisper model knows no {}; use the model without \".en\"",
                       language.name));
  if (special.multilingual && *options.language >= special.language_count)
    refuse(fmt::format("this Whisper model knows no {}; large-v3 and large-v3-turbo do",
                       language.name));
}

}  // namespace

/// A window's prompt, fed.
struct WindowDecoder::Start {
  PromptState prompt;
  int language = 0;
  double no_speech_probability = 0;
};

WindowDecoder::WindowDecoder(const Tokenizer& tokenizer, DecodingOptions options)
    : tokenizer_(tokenizer), options_(std::move(options)), rules_(tokenizer) {
  check(tokenizer_.special(), options_);
}

std::vector<Token> WindowDecoder::start_tokens(int language) const {
  const SpecialTokens& special = tokenizer_.special();
  if (!special.multilingual) return {special.start_of_transcript};
  return {special.start_of_transcript, special.first_language + language,
          options_.task == Task::kTranslate ? special.translate : special.transcribe};
}

int WindowDecoder::likeliest_language(std::span<const float> logits) const {
  const SpecialTokens& special = tokenizer_.special();
  return argmax(logits.subspan(static_cast<std::size_t>(special.first_language),
                               static_cast<std::size_t>(special.language_count)));
}

WindowDecoder::Start WindowDecoder::feed_start(TokenModel& model,
                                               std::span<const Token> previous) const {
  const SpecialTokens& special = tokenizer_.special();
  const std::vector<Token> start = {special.start_of_transcript};
  Start result;
  result.language = options_.language.value_or(0);
  // The language is asked for without the text before, which has a language of its own.
  if (special.multilingual && !options_.language && !previous.empty())
    result.language = likeliest_language(feed(model, *model.start(), start));

  // Half of the context is for the window's own text.
  const std::size_t kept =
      std::min(previous.size(), static_cast<std::size_t>(model.text_context()) / 2 - 1);
  std::vector<Token> before;
  if (kept > 0) before.push_back(special.previous);
  before.insert(before.end(), previous.end() - static_cast<std::ptrdiff_t>(kept), previous.end());
  before.push_back(special.start_of_transcript);

  result.prompt.state = model.start();
  result.prompt.logits = feed(model, *result.prompt.state, before);
  result.no_speech_probability = probability(result.prompt.logits, special.no_speech);
  if (!special.multilingual) return result;
  if (!options_.language && previous.empty())
    result.language = likeliest_language(result.prompt.logits);
  const std::vector<Token> all = start_tokens(result.language);
  result.prompt.logits = feed(model, *result.prompt.state, std::span(all).subspan(1));
  return result;
}

Hypothesis WindowDecoder::search(TokenModel& model, const PromptState& prompt, std::size_t longest,
                                 std::size_t attempt) const {
  constexpr std::uint64_t kSeedsPerAttempt = 1u << 16;
  const Token end = tokenizer_.special().end_of_text;
  const double temperature = options_.temperatures[attempt];
  if (temperature == 0 && options_.beam_size > 1)
    return best(beam_search(model, rules_, prompt, end, options_.beam_size, longest));
  const int count = temperature == 0 ? 1 : options_.best_of;
  return best(
      sample(model, rules_, prompt, end, temperature, count, longest, kSeedsPerAttempt * attempt));
}

DecodedWindow WindowDecoder::decode(TokenModel& model, std::span<const Token> previous) const {
  const Start start = feed_start(model, previous);
  const auto context = static_cast<std::size_t>(model.text_context());
  const std::size_t longest =
      std::min(context / 2, context - static_cast<std::size_t>(start.prompt.state->length()));
  DecodedWindow window;
  window.language = start.language;
  window.no_speech_probability = start.no_speech_probability;
  for (std::size_t attempt = 0; attempt < options_.temperatures.size(); ++attempt) {
    const Hypothesis found = search(model, start.prompt, longest, attempt);
    window.tokens = found.tokens;
    window.probabilities.clear();
    for (std::size_t i = 0; i < found.tokens.size(); ++i)
      window.probabilities.push_back(std::exp(found.log_probabilities[i]));
    window.mean_log_probability = found.mean_log_probability();
    window.compression_ratio = compression_ratio(trimmed(tokenizer_.decode(found.tokens)));
    window.temperature = options_.temperatures[attempt];
    const bool likely = window.mean_log_probability >= options_.log_probability_limit;
    if (!likely && window.no_speech_probability > options_.no_speech_limit) {
      window.tokens.clear();
      window.probabilities.clear();
      break;
    }
    if (likely && window.compression_ratio <= options_.compression_ratio_limit) break;
  }
  return window;
}

}  // namespace attune::models::whisper
