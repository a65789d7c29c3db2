#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "attention/lag_attention.h"
#include "models/align_audio_encoder.h"
#include "models/align_face_encoder.h"
#include "models/align_geometry.h"
#include "models/align_heads.h"
#include "models/speech_activity.h"
#include "tensor/linear.h"

namespace attune::models {

/// The linear layers around the lag attention (`Alignment` in training/align/networks.py).
struct AlignProjections {
  tensor::Linear query;
  tensor::Linear key;
  /// How much a moment of sound tells, before softplus: [heads].
  tensor::Linear gain;
  /// [heads].
  tensor::Linear null;
  std::vector<float> null_cosine;
};

/// The small projections that the heads see of audio token, face token and attended value.
struct HeadProjections {
  tensor::Linear speaking_audio;
  tensor::Linear speaking_face;
  tensor::Linear speaking_value;
  tensor::Linear offscreen_audio;
};

/// All networks of the aligner, from one weight file. Immutable after opening and shared by all
/// streams and threads.
class AlignModel {
 public:
  /// Ticks that the aligner computes at once: a small part of its look-ahead, so that a live feed
  /// does not wait for it, and enough rows for the matrix products.
  static constexpr int kBlockTicks = 5;
  /// Channels of a token that a head sees.
  static constexpr int kProjected = 8;

  /// Throws Error(kModel), naming the file, when it is missing, damaged or does not fit.
  static std::shared_ptr<const AlignModel> open(const std::filesystem::path& path);
  explicit AlignModel(const WeightFile& file);

  const AlignGeometry& geometry() const { return geometry_; }
  const LogMel& log_mel() const { return log_mel_; }
  /// Per mel band, of the training data: the networks take (x - mean) / std.
  const std::vector<float>& mel_mean() const { return mel_mean_; }
  const std::vector<float>& mel_std() const { return mel_std_; }
  const AlignAudioEncoder& audio_encoder() const { return audio_encoder_; }
  const SpeechActivity& speech_activity() const { return speech_activity_; }
  const AlignFaceEncoder& face_encoder() const { return face_encoder_; }
  const AlignProjections& projections() const { return projections_; }
  const attention::LagAttention& attention() const { return attention_; }
  const HeadProjections& head_projections() const { return head_projections_; }
  const AlignHead& speaking_head() const { return speaking_head_; }
  const AlignHead& offscreen_head() const { return offscreen_head_; }

 private:
  AlignGeometry geometry_;
  LogMel log_mel_;
  std::vector<float> mel_mean_;
  std::vector<float> mel_std_;
  AlignAudioEncoder audio_encoder_;
  SpeechActivity speech_activity_;
  AlignFaceEncoder face_encoder_;
  AlignProjections projections_;
  attention::LagAttention attention_;
  HeadProjections head_projections_;
  AlignHead speaking_head_;
  AlignHead offscreen_head_;
};

}  // namespace attune::models
