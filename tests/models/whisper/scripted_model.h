#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "models/whisper/token_model.h"

namespace attune::models::whisper {

/// A model whose logits are written down: a function of the tokens fed.
class ScriptedModel : public TokenModel {
 public:
  using Script = std::function<void(const std::vector<Token>& fed, std::span<float> logits)>;

  ScriptedModel(int vocabulary, Script script, int context = 448)
      : vocabulary_(vocabulary), context_(context), script_(std::move(script)) {}

  int vocabulary_size() const override { return vocabulary_; }
  int text_context() const override { return context_; }
  std::unique_ptr<TokenState> start() const override { return std::make_unique<State>(); }

  tensor::Tensor step(std::span<TokenState* const> states, std::span<const Token> tokens) override {
    const std::size_t count = tokens.size() / states.size();
    auto logits = tensor::Tensor::filled({static_cast<std::int64_t>(states.size()), vocabulary_},
                                         -std::numeric_limits<float>::infinity());
    for (std::size_t i = 0; i < states.size(); ++i) {
      auto& fed = static_cast<State*>(states[i])->fed;
      const auto own = tokens.subspan(i * count, count);
      fed.insert(fed.end(), own.begin(), own.end());
      script_(fed, logits.values().subspan(i * static_cast<std::size_t>(vocabulary_),
                                           static_cast<std::size_t>(vocabulary_)));
    }
    ++steps;
    return logits;
  }

  tensor::Tensor attention(std::span<const Token> tokens) override {
    attended.assign(tokens.begin(), tokens.end());
    return weights ? weights(attended) : even(tokens.size());
  }

  int steps = 0;
  std::vector<Token> attended;
  std::function<tensor::Tensor(const std::vector<Token>&)> weights;

 private:
  struct State : TokenState {
    int length() const override { return static_cast<int>(fed.size()); }
    std::unique_ptr<TokenState> fork() const override { return std::make_unique<State>(*this); }
    std::vector<Token> fed;
  };

  /// Token i looks at the i-th of as many equal parts of the window.
  static tensor::Tensor even(std::size_t tokens) {
    const auto rows = static_cast<std::int64_t>(tokens);
    auto weights = tensor::Tensor::filled({1, rows, 1500}, 1e-6f);
    for (std::int64_t row = 0; row < rows; ++row)
      for (std::int64_t frame = row * 1500 / rows; frame < (row + 1) * 1500 / rows; ++frame)
        weights.at({0, row, frame}) = 1;
    return weights;
  }

  int vocabulary_;
  int context_;
  Script script_;
};

/// Logits under which `tokens` and then `end` follow the prompt, each with the given probability;
/// the rest of the probability is the no-speech token's.
inline ScriptedModel::Script says(std::size_t prompt, std::vector<Token> tokens, Token end) {
  tokens.push_back(end);
  return [prompt, tokens](const std::vector<Token>& fed, std::span<float> logits) {
    const std::size_t next = fed.size() < prompt ? 0 : fed.size() - prompt;
    logits[static_cast<std::size_t>(tokens[std::min(next, tokens.size() - 1)])] = 0;
  };
}

}  // namespace attune::models::whisper
