#pragma once

// Hugging Face's form of a model: tensors in one or several safetensors files, sizes in config.json
// beside them.

#include "models/whisper/hugging_face_weights.h"
#include "models/whisper/model_file.h"

namespace attune::models::whisper {

/// What Hugging Face calls a tensor of the ggml format, without the "model." that most files have
/// in front: `encoder.blocks.3.attn.query.weight` is `encoder.layers.3.self_attn.q_proj.weight`.
std::string hugging_face_name(const std::string& name);

class HuggingFaceFile : public ModelFile {
 public:
  /// `tensors`: the safetensors file, or the index of several.
  explicit HuggingFaceFile(const std::filesystem::path& tensors);

  bool contains(const std::string& name) const override;
  tensor::Tensor tensor(const std::string& name, const tensor::Shape& shape) const override;
  void row(const std::string& name, std::int64_t index, std::span<float> row) const override;

 private:
  void read_config(const std::filesystem::path& config);
  std::string stored_name(const std::string& name) const;

  HuggingFaceWeights weights_;
  /// "model." or nothing.
  std::string prefix_;
};

}  // namespace attune::models::whisper
