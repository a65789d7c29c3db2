#pragma once

#include <string>
#include <vector>

#include "models/active_speaker.h"
#include "models/time_conv.h"
#include "tensor/linear.h"
#include "tensor/pool.h"
#include "tensor/recurrent.h"

namespace attune::models {

/// Light-ASD (Liao et al., 2023) from its published PyTorch checkpoints. 1.0 million parameters; a
/// face embedding sees 6 pictures to each side.
class LightAsd final : public ActiveSpeaker {
 public:
  /// Throws Error(kModel) naming the file and the tensor that is missing or misshapen.
  explicit LightAsd(const WeightFile& file);

  tensor::Tensor encode_faces(std::span<const std::uint8_t> crops) const override;
  tensor::Tensor encode_audio(const tensor::Tensor& mfcc) const override;
  tensor::Tensor classify(const tensor::Tensor& audio, const tensor::Tensor& faces) const override;

 private:
  /// Two parallel branches, each a convolution within the picture (or across the coefficients) and
  /// one over time; their sum goes through a 1x1 convolution.
  struct Block {
    tensor::Conv narrow;
    TimeConv narrow_time;
    tensor::Conv wide;
    TimeConv wide_time;
    tensor::Conv last;
  };
  /// Where the two branches of a block stand in a sequence given in parts.
  struct Contexts;

  static Block visual_block(const WeightFile& file, std::size_t index);
  static Block audio_block(const WeightFile& file, std::size_t index);
  static tensor::Tensor run(const Block& block, const tensor::Tensor& x, Contexts& contexts,
                            bool last);

  std::vector<Block> visual_;
  std::vector<Block> audio_;
  tensor::Pool halve_;
  tensor::Pool greatest_;
  tensor::Gru forward_;
  tensor::Gru backward_;
  tensor::Linear classifier_;
};

}  // namespace attune::models
