#pragma once

#include <memory>
#include <span>
#include <vector>

#include "tensor/tensor.h"

namespace attune::models::whisper {

/// A token of the model's vocabulary.
using Token = int;

/// What was fed so far for one hypothesis (a decoder's cached keys and values). Owned by one
/// thread.
class TokenState {
 public:
  virtual ~TokenState() = default;
  /// Tokens fed so far.
  virtual int length() const = 0;
  /// A second hypothesis that goes on from here.
  virtual std::unique_ptr<TokenState> fork() const = 0;
};

/// Next-token logits for one window of sound: what decoding searches over. The network's decoder
/// implements it; tests script it. One object serves one thread at a time.
class TokenModel {
 public:
  virtual ~TokenModel() = default;

  virtual int vocabulary_size() const = 0;
  /// Greatest length of a state.
  virtual int text_context() const = 0;

  virtual std::unique_ptr<TokenState> start() const = 0;

  /// Feeds the same number of tokens (1 or more) to every hypothesis; `tokens` is
  /// [hypotheses, count], row-major. Returns the logits after the last one, [hypotheses,
  /// vocabulary].
  virtual tensor::Tensor step(std::span<TokenState* const> states,
                              std::span<const Token> tokens) = 0;

  /// Cross-attention weights (softmax over the sound) of the alignment heads while `tokens` are fed
  /// to a new state at once: [heads, tokens, audio frames of 0.02 s].
  virtual tensor::Tensor attention(std::span<const Token> tokens) = 0;
};

}  // namespace attune::models::whisper
