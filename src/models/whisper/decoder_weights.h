#pragma once

// Inside src/models/whisper only.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "models/whisper/alignment_heads.h"
#include "models/whisper/layers.h"
#include "models/whisper/token_model.h"

namespace attune::models::whisper {

/// Positions of sound that a product takes at once; divides the 1,500 of a window.
inline constexpr std::int64_t kSoundRows = 125;

struct DecoderBlock {
  tensor::LayerNorm norm;
  /// Queries, keys and values side by side.
  tensor::Linear projections;
  tensor::Linear out;
  tensor::LayerNorm cross_norm;
  tensor::Linear cross_query;
  /// Keys and values of the sound side by side.
  tensor::Linear cross_projections;
  tensor::Linear cross_out;
  FeedForward feed_forward;

  DecoderBlock(const ModelFile& file, const std::string& name, std::int64_t width,
               const tensor::LinearOptions& options);
};

/// Products with the token embedding, which stand for the next token's logits. Cut into panels of
/// tokens, which threads share.
class TokenLogits {
 public:
  TokenLogits(const ModelFile& file, const tensor::LinearOptions& options);

  /// [rows, width] -> [rows, vocabulary]
  tensor::Tensor operator()(const tensor::Tensor& x) const;

 private:
  std::int64_t vocabulary_;
  std::vector<tensor::Linear> panels_;
};

/// All that the decoder knows before it hears anything. Immutable.
class DecoderWeights {
 public:
  DecoderWeights(std::shared_ptr<const ModelFile> file, tensor::Precision precision);

  const Dimensions& dimensions() const { return file_->dimensions(); }
  std::int64_t width() const { return dimensions().text_width; }
  const std::vector<DecoderBlock>& blocks() const { return blocks_; }
  const std::vector<AlignmentHead>& heads() const { return heads_; }

  /// Token embedding and the position's, to `row` [width]. Throws Error(kUsage) for a token or
  /// position that there is none of.
  void embed(Token token, int position, std::span<float> row) const;
  /// [rows, width] -> [rows, vocabulary]
  tensor::Tensor logits(const tensor::Tensor& x) const { return logits_(last_norm_(x)); }

 private:
  std::shared_ptr<const ModelFile> file_;
  TokenLogits logits_;
  tensor::Tensor positions_;
  std::vector<DecoderBlock> blocks_;
  tensor::LayerNorm last_norm_;
  std::vector<AlignmentHead> heads_;
};

}  // namespace attune::models::whisper
