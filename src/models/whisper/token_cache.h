#pragma once

// Inside src/models/whisper only.

#include <memory>
#include <vector>

#include "models/whisper/token_model.h"
#include "tensor/tensor.h"

namespace attune::models::whisper {

/// Keys and values of the tokens fed so far, in every layer of the decoder. A fork shares them
/// until one of the two is fed again.
class TokenCache : public TokenState {
 public:
  TokenCache(int layers, std::int64_t width, std::int64_t longest);

  int length() const override { return static_cast<int>(length_); }
  std::unique_ptr<TokenState> fork() const override { return std::make_unique<TokenCache>(*this); }

  /// Makes room for `count` more tokens; each layer then gets its keys and values by append(), and
  /// advance() ends the step.
  void reserve(std::int64_t count);
  /// Rows of width numbers, `stride` apart, at the places behind those fed so far.
  void append(int layer, const float* keys, const float* values, std::int64_t count,
              std::int64_t stride);
  void advance(std::int64_t count) { length_ += count; }

  /// [places, width]; those fed so far and appended in this step hold numbers.
  const float* keys(int layer) const { return memory_->keys[layer].data(); }
  const float* values(int layer) const { return memory_->values[layer].data(); }

 private:
  struct Memory {
    std::int64_t places = 0;
    std::vector<tensor::Tensor> keys;
    std::vector<tensor::Tensor> values;
  };

  int layers_;
  std::int64_t width_;
  std::int64_t longest_;
  std::int64_t length_ = 0;
  std::shared_ptr<Memory> memory_;
};

}  // namespace attune::models::whisper
