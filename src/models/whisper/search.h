#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/whisper/logit_rules.h"
#include "models/whisper/token_model.h"

namespace attune::models::whisper {

/// Tokens that a search came to.
struct Hypothesis {
  /// Without the prompt and without the end token.
  std::vector<Token> tokens;
  /// Natural logarithm of the probability of each token among those that the rules left; one more,
  /// that of the end token, when the model ended the text.
  std::vector<float> log_probabilities;
  double sum_log_probability = 0;

  bool ended() const { return log_probabilities.size() > tokens.size(); }
  /// What hypotheses are compared by: the mean over the tokens, so that length does not decide.
  double score() const;
  /// Mean over the tokens and the end.
  double mean_log_probability() const;
};

/// A prompt that was fed, and the logits of what follows, [vocabulary].
struct PromptState {
  std::unique_ptr<TokenState> state;
  std::vector<float> logits;
};

/// Draws `count` texts with the probabilities softmax(logits / temperature), each with random
/// numbers of its own that follow from the seed; at temperature 0 the likeliest token is taken
/// each time, which needs only one. Texts end at the end token or at `longest` tokens.
std::vector<Hypothesis> sample(TokenModel& model, const LogitRules& rules,
                               const PromptState& prompt, Token end_of_text, double temperature,
                               int count, std::size_t longest, std::uint64_t seed);

/// Beam search: of the continuations of `beams` texts the `beams` likeliest are followed, and those
/// that end are put aside, until as many have ended (then the search stops) or the texts are
/// `longest` tokens long. Returns those that ended, and where they are fewer than `beams` the
/// likeliest unfinished ones.
std::vector<Hypothesis> beam_search(TokenModel& model, const LogitRules& rules,
                                    const PromptState& prompt, Token end_of_text, int beams,
                                    std::size_t longest);

/// The first with the greatest score.
const Hypothesis& best(const std::vector<Hypothesis>& hypotheses);

}  // namespace attune::models::whisper
