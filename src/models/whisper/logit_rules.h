#pragma once

#include <span>
#include <vector>

#include "models/whisper/tokenizer.h"

namespace attune::models::whisper {

/// Which tokens may come next (Radford et al. 2022, 4.5, and the published decoder): logits of all
/// others become minus infinity. Thread-safe.
///
/// - Never: special tokens but the end and timestamps, and symbols that are not spoken (brackets,
///   notes, speaker marks: "[", "♪", ">>").
/// - First: a timestamp of at most 1.00 s, so neither a blank nor the end.
/// - Timestamps come in pairs, except that one alone may be followed by the end; they never
///   decrease, and a text's end is later than its beginning.
/// - When all timestamps together are likelier than the likeliest other token, one is due.
class LogitRules {
 public:
  explicit LogitRules(const Tokenizer& tokenizer);

  /// `sampled`: the window's tokens so far, without the prompt. `logits` [vocabulary].
  void apply(std::span<const Token> sampled, std::span<float> logits) const;

  /// The symbols that are not spoken, in ascending order.
  std::span<const Token> not_spoken() const { return not_spoken_; }

 private:
  void apply_order(std::span<const Token> sampled, std::span<float> logits) const;

  SpecialTokens special_;
  std::vector<Token> not_spoken_;
};

}  // namespace attune::models::whisper
