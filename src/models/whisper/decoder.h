#pragma once

#include <memory>

#include "models/whisper/model_file.h"
#include "models/whisper/token_model.h"
#include "tensor/precision.h"
#include "tensor/tensor.h"

namespace attune::models::whisper {

class DecoderWeights;

/// The network that writes text for one window of encoded sound. Thread-safe; copies share the
/// weights. Keeps the file, whose token embeddings it reads as they are needed.
class Decoder {
 public:
  /// Throws Error(kModel) when a tensor is missing or has another shape.
  Decoder(std::shared_ptr<const ModelFile> file, tensor::Precision precision);

  const Dimensions& dimensions() const;

  /// `encoded` [1500, width], one window of the encoder's output. Computes the keys and values of
  /// its positions. The result and its states keep the weights alive, and states may outlive it.
  std::unique_ptr<TokenModel> open(const tensor::Tensor& encoded) const;

 private:
  std::shared_ptr<const DecoderWeights> weights_;
};

}  // namespace attune::models::whisper
