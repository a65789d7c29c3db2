#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/whisper/dimensions.h"
#include "tensor/tensor.h"

namespace attune::models::whisper {

/// An opened model, in either form that its users have it in:
///
/// - the single-file ggml format (header, mel filters, vocabulary, tensors of type f32, f16, q4_0,
///   q4_1, q5_0, q5_1 or q8_0);
/// - Hugging Face's: `model.safetensors`, or `model.safetensors.index.json` and the pieces that it
///   lists, with `config.json` beside, named by the folder or the file.
///
/// Tensors go by the names of the ggml format (`encoder.blocks.0.attn.query.weight`), whatever the
/// file calls them, and have PyTorch's shapes: matrices [outputs, inputs], convolutions [outputs,
/// inputs, taps]. The file stays mapped and is read when a tensor is asked for. Thread-safe.
///
/// All errors are Error(kModel), and name the file and what is wrong in it.
class ModelFile {
 public:
  /// Reads everything but the tensors' content. Throws when the file is missing, of neither form,
  /// damaged or truncated: sizes are held against the file's own before anything is allocated.
  static std::shared_ptr<const ModelFile> open(const std::filesystem::path& path);

  virtual ~ModelFile() = default;
  ModelFile(const ModelFile&) = delete;
  ModelFile& operator=(const ModelFile&) = delete;

  /// The file that holds the tensors, or lists those that do.
  const std::filesystem::path& path() const { return path_; }
  const Dimensions& dimensions() const { return dimensions_; }

  /// Weights of the power spectrum's bins in each mel band, [mel bands, 201].
  const tensor::Tensor& mel_filters() const { return mel_filters_; }

  /// The bytes of token 0, 1, ... as the ggml format lists them; shorter than the vocabulary where
  /// the special tokens follow by rule. Empty for Hugging Face's form: there the tokens are in
  /// `vocab.json` and its companions beside path().
  const std::vector<std::string>& vocabulary() const { return vocabulary_; }

  virtual bool contains(const std::string& name) const = 0;
  /// The tensor as float32. Throws when it is missing or has another shape; axes of extent 1 do not
  /// count.
  virtual tensor::Tensor tensor(const std::string& name, const tensor::Shape& shape) const = 0;
  /// One row of a matrix [.., columns], written to `row`, which has as many elements as columns.
  virtual void row(const std::string& name, std::int64_t index, std::span<float> row) const = 0;

  /// Error(kModel) with the file's name in front.
  [[noreturn]] void fail(const std::string& message) const;

 protected:
  explicit ModelFile(std::filesystem::path path) : path_(std::move(path)) {}

  /// Throws unless the sizes can be those of a model of this family.
  void check_dimensions() const;

  Dimensions dimensions_;
  tensor::Tensor mel_filters_;
  std::vector<std::string> vocabulary_;

 private:
  std::filesystem::path path_;
};

}  // namespace attune::models::whisper
