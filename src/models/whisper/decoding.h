#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/whisper/search.h"
#include "models/whisper/tokenizer.h"

namespace attune::models::whisper {

enum class Task { kTranscribe, kTranslate };

/// How text is searched for. The defaults are the published ones (Radford et al. 2022, 4.5).
struct DecodingOptions {
  /// Index into `languages()`; nothing: the likeliest in the window.
  std::optional<int> language;
  /// kTranslate writes English, whatever is spoken.
  Task task = Task::kTranscribe;
  /// Width of the beam search at temperature 0; 1 takes the likeliest token each time.
  int beam_size = 5;
  /// Texts drawn at other temperatures, of which the likeliest is taken.
  int best_of = 5;
  /// Tried one after the other until a text is trusted; the first is usually 0.
  std::vector<double> temperatures = {0, 0.2, 0.4, 0.6, 0.8, 1};
  /// A text is not trusted that compresses better than this or is less likely than this.
  double compression_ratio_limit = 2.4;
  double log_probability_limit = -1;
  /// Nothing was said where "no speech" is likelier than this and the text is not trusted.
  double no_speech_limit = 0.6;
};

struct DecodedWindow {
  /// Text and timestamps, without the end; empty when nothing was said.
  std::vector<Token> tokens;
  /// Probability of each token, in [0, 1].
  std::vector<float> probabilities;
  /// Language spoken, index into `languages()`; 0 (English) for English-only models.
  int language = 0;
  double no_speech_probability = 0;
  double mean_log_probability = 0;
  double compression_ratio = 0;
  double temperature = 0;
};

/// Finds the text of one window of sound. Thread-safe.
class WindowDecoder {
 public:
  /// Throws Error(kUsage) when the model cannot do what the options ask for. The tokenizer must
  /// outlive the object.
  WindowDecoder(const Tokenizer& tokenizer, DecodingOptions options);

  const DecodingOptions& options() const { return options_; }

  /// `previous`: text tokens said before the window, which the model goes on from; only the last of
  /// them are used. Deterministic: random numbers follow from the temperature's place in the list.
  DecodedWindow decode(TokenModel& model, std::span<const Token> previous = {}) const;

  /// start, language and task for a language: what goes before a window's text.
  std::vector<Token> start_tokens(int language) const;

 private:
  struct Start;

  Start feed_start(TokenModel& model, std::span<const Token> previous) const;
  int likeliest_language(std::span<const float> logits) const;
  Hypothesis search(TokenModel& model, const PromptState& prompt, std::size_t longest,
                    std::size_t attempt) const;

  const Tokenizer& tokenizer_;
  DecodingOptions options_;
  LogitRules rules_;
};

}  // namespace attune::models::whisper
