#pragma once

// Inside src/models/whisper only.

#include <functional>
#include <memory>
#include <vector>

#include "models/whisper/decoder_weights.h"
#include "models/whisper/token_cache.h"
#include "models/whisper/token_model.h"

namespace attune::models::whisper {

/// The decoder on one window of encoded sound.
class WindowModel : public TokenModel {
 public:
  /// encoded [1500, width]
  WindowModel(std::shared_ptr<const DecoderWeights> weights, const tensor::Tensor& encoded);

  int vocabulary_size() const override { return weights_->dimensions().vocabulary; }
  int text_context() const override { return weights_->dimensions().text_context; }
  std::unique_ptr<TokenState> start() const override;
  tensor::Tensor step(std::span<TokenState* const> states, std::span<const Token> tokens) override;
  tensor::Tensor attention(std::span<const Token> tokens) override;

 private:
  /// Keys and values of one layer, [heads, 1500, head width].
  struct Sound {
    tensor::Tensor keys;
    tensor::Tensor values;
  };
  /// Sees the queries of a layer's cross-attention, [rows, width].
  using Observer = std::function<void(int layer, const tensor::Tensor& queries)>;

  Sound hear(const DecoderBlock& block, const tensor::Tensor& encoded) const;
  /// Feeds `count` tokens to each cache; returns the rows behind the last layer, [caches * count,
  /// width].
  tensor::Tensor feed(std::span<TokenCache* const> caches, std::span<const Token> tokens,
                      const Observer& observe) const;
  void attend_to_text(int layer, std::span<TokenCache* const> caches, std::int64_t count,
                      tensor::Tensor& x) const;
  void attend_to_sound(int layer, tensor::Tensor& x, const Observer& observe) const;

  std::int64_t width() const { return weights_->width(); }
  std::int64_t heads() const { return weights_->dimensions().text_heads; }
  std::int64_t positions() const { return weights_->dimensions().audio_context; }

  std::shared_ptr<const DecoderWeights> weights_;
  std::vector<Sound> sound_;
};

}  // namespace attune::models::whisper
