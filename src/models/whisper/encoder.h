#pragma once

#include <memory>

#include "models/whisper/model_file.h"
#include "tensor/precision.h"
#include "tensor/tensor.h"

namespace attune::models::whisper {

/// The network that turns sound into what the decoder attends to. Runs on the calling thread and
/// the workers of its TBB arena; the result does not depend on how many they are, nor on the other
/// windows of the batch. Thread-safe; copies share the weights.
class Encoder {
 public:
  /// Throws Error(kModel) when a tensor is missing or has another shape.
  Encoder(const ModelFile& file, tensor::Precision precision);

  /// [windows, 3000, mel bands] (LogMel, one window after the other) -> [windows, 1500, width].
  tensor::Tensor operator()(const tensor::Tensor& mel) const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace attune::models::whisper
