#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "models/weights.h"

namespace attune::models {

/// A published active-speaker network: does this face speak, judged from its picture and the sound.
/// Tokens lie 40 ms apart; crop i and MFCC rows 4 i .. 4 i + 3 belong to token i.
///
/// Immutable; any number of threads may call it. Memory does not grow with the length of a track
/// beyond the embeddings themselves.
class ActiveSpeaker {
 public:
  static constexpr int kCropSide = 112;
  static constexpr int kCropBytes = kCropSide * kCropSide;
  static constexpr int kMfccPerToken = 4;
  static constexpr int kCoefficients = 13;
  static constexpr std::int64_t kEmbedding = 128;

  virtual ~ActiveSpeaker() = default;

  /// T gray crops of kCropBytes, row by row -> face embeddings [T, 128]. How a face has to be cut
  /// out belongs to the weights (ModelInfo::face_crop).
  virtual tensor::Tensor encode_faces(std::span<const std::uint8_t> crops) const = 0;

  /// [4 T, 13] (mfcc.h) -> audio embeddings [T, 128].
  virtual tensor::Tensor encode_audio(const tensor::Tensor& mfcc) const = 0;

  /// [T, 128], [T, 128] -> [T, 2]: logits of "does not speak" and "speaks". The score in use is the
  /// second one, speaking above 0; softmax over the two gives a probability.
  virtual tensor::Tensor classify(const tensor::Tensor& audio,
                                  const tensor::Tensor& faces) const = 0;
};

/// LR-ASD or Light-ASD, told by the tensors. Throws Error(kModel) naming the file when it holds
/// neither, or a tensor is missing or misshapen.
std::unique_ptr<const ActiveSpeaker> open_active_speaker(const WeightFile& file);

}  // namespace attune::models
