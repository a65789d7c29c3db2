#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace attune::models {

enum class DataType { kFloat64, kFloat32, kFloat16, kBfloat16, kInt64, kInt32, kInt8, kUint8 };

/// Bytes of one element.
std::size_t size_of(DataType type);

/// A named array as the file holds it: row-major, little-endian, at any alignment.
struct StoredTensor {
  DataType type = DataType::kFloat32;
  tensor::Shape shape;
  std::span<const std::byte> bytes;
};

/// One operation of an ONNX graph. Exporters fold normalisations into convolutions and rename the
/// result to a number; the graph is then the only way to know whose weights they are.
struct OnnxNode {
  std::string operation;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
};

/// What a weight file holds, and whatever keeps its bytes alive.
struct WeightContent {
  std::map<std::string, StoredTensor> tensors;
  std::map<std::string, std::string> metadata;
  std::vector<OnnxNode> nodes;
  std::vector<std::shared_ptr<const void>> owners;
};

/// A file of named arrays: safetensors (memory-mapped), a PyTorch zip checkpoint (read without
/// executing anything) or the initialisers of an ONNX model. Which one is told by its content.
///
/// Copies share the content. Thread-safe. All errors are Error(kModel) and name the file.
class WeightFile {
 public:
  /// Throws when the file is missing, of none of these formats, or damaged.
  static WeightFile open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  /// safetensors' __metadata__; empty for other formats.
  const std::map<std::string, std::string>& metadata() const { return content_->metadata; }
  /// Empty unless the file is an ONNX model.
  const std::vector<OnnxNode>& nodes() const { return content_->nodes; }

  std::vector<std::string> names() const;
  bool contains(const std::string& name) const { return content_->tensors.contains(name); }

  /// The array as float32. Throws when it is missing.
  tensor::Tensor tensor(const std::string& name) const;
  /// The same, and throws unless it has this shape (-1 matches any extent).
  tensor::Tensor tensor(const std::string& name, const tensor::Shape& expected) const;
  const StoredTensor& stored(const std::string& name) const;
  /// One row of a matrix as float32, into `values`, as many as it has columns. Throws when it is
  /// missing or there is no such row.
  void row(const std::string& name, std::int64_t index, std::span<float> values) const;

  /// Error(kModel) with the file's name in front, for networks that find the file unfit.
  [[noreturn]] void fail(const std::string& message) const;

 private:
  WeightFile(std::filesystem::path path, WeightContent content);

  std::filesystem::path path_;
  std::shared_ptr<const WeightContent> content_;
};

/// Number of elements of a shape read from a file, or nothing when an extent is negative or the
/// product does not fit: the readers' guard against damaged headers.
std::optional<std::size_t> checked_volume(const tensor::Shape& shape);

}  // namespace attune::models
