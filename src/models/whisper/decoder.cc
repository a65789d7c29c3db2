#include "models/whisper/decoder.h"

#include "models/whisper/window_model.h"

namespace attune::models::whisper {

Decoder::Decoder(std::shared_ptr<const ModelFile> file, tensor::Precision precision)
    : weights_(std::make_shared<const DecoderWeights>(std::move(file), precision)) {}

const Dimensions& Decoder::dimensions() const {
  return weights_->dimensions();
}

std::unique_ptr<TokenModel> Decoder::open(const tensor::Tensor& encoded) const {
  return std::make_unique<WindowModel>(weights_, encoded);
}

}  // namespace attune::models::whisper
