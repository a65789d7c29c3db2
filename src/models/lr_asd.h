#pragma once

#include <string>
#include <vector>

#include "models/active_speaker.h"
#include "models/time_conv.h"
#include "tensor/linear.h"
#include "tensor/pool.h"
#include "tensor/recurrent.h"

namespace attune::models {

/// LR-ASD (Liao et al., 2025) from its published PyTorch checkpoints. 0.8 million parameters; a
/// face embedding sees 9 pictures to each side.
class LrAsd final : public ActiveSpeaker {
 public:
  /// Throws Error(kModel) naming the file and the tensor that is missing or misshapen.
  explicit LrAsd(const WeightFile& file);

  tensor::Tensor encode_faces(std::span<const std::uint8_t> crops) const override;
  tensor::Tensor encode_audio(const tensor::Tensor& mfcc) const override;
  tensor::Tensor classify(const tensor::Tensor& audio, const tensor::Tensor& faces) const override;

 private:
  /// Two convolutions within each picture (or across the coefficients), then two over time.
  struct Block {
    tensor::Conv first;
    tensor::Conv second;
    TimeConv time_first;
    TimeConv time_second;
  };

  static Block visual_block(const WeightFile& file, std::size_t index);
  static Block audio_block(const WeightFile& file, std::size_t index);

  std::vector<Block> visual_;
  std::vector<Block> audio_;
  tensor::Pool halve_;
  tensor::Pool greatest_;
  tensor::Linear fusion_;
  tensor::Gru forward_;
  tensor::Gru backward_;
  tensor::Linear attention_;
  tensor::Linear classifier_;
};

}  // namespace attune::models
