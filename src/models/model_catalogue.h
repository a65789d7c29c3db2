#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace attune::models {

enum class ModelRole { kFaceDetector, kAligner, kActiveSpeaker, kSpeechActivity, kCaptioner };

inline constexpr std::array kModelRoles{ModelRole::kFaceDetector, ModelRole::kAligner,
                                        ModelRole::kActiveSpeaker, ModelRole::kSpeechActivity,
                                        ModelRole::kCaptioner};

/// "face_detector", "aligner", "active_speaker", "speech_activity", "captioner".
std::string_view name(ModelRole role);

/// What is known about a set of weights before it is opened.
struct ModelInfo {
  std::string name;
  ModelRole role = ModelRole::kFaceDetector;
  /// Where it lies below a models folder or a mirror: "yunet/yunet_n_dynamic.onnx".
  std::string file;
  std::string description;
  /// What was measured, in the measure of its role (`quality_measure`), on recordings that attune
  /// never trained on; 0 where nothing was. "auto" takes the first of the catalogue that is
  /// installed: the best, or the largest where nothing was measured.
  double quality = 0;
  /// How a face is cut out for it: "columbia" (square of 2.8 half sides around the smoothed box,
  /// the central half of it) or "ava" (the whole box); empty where no crop is involved.
  std::string face_crop;
  std::string licence;
  /// Pinned to one commit, or to a checksum; empty for models that come with attune.
  std::string url;
  /// Lower-case hexadecimal; empty when a SHA256SUMS file beside the model says it: where it comes
  /// with attune, and where the publisher states none and it was recorded at the first pull.
  std::string sha256;
  /// What a publisher states who states no SHA-256; else empty.
  std::string sha1;
  /// 0 where it is not known before it is fetched.
  std::uint64_t size_bytes = 0;

  bool comes_with_attune() const { return url.empty(); }
};

/// What `ModelInfo::quality` is for this role, 0..1, greater is better.
std::string_view quality_measure(ModelRole role);

/// The models attune knows by name; within a role the best first, which "auto" prefers.
std::span<const ModelInfo> model_catalogue();

/// Nothing when the name is not in the catalogue.
const ModelInfo* find_model(std::string_view name);

}  // namespace attune::models
