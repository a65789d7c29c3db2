#pragma once

// The single-file ggml format, little-endian: magic; 11 numbers; mel filters; vocabulary; tensors
// to the end of the file.

#include <map>
#include <span>

#include "models/mapped_file.h"
#include "models/whisper/ggml_blocks.h"
#include "models/whisper/model_file.h"

namespace attune::models::whisper {

/// True where the content begins with the format's magic number.
bool looks_like_ggml(std::span<const std::byte> bytes);

class GgmlFile : public ModelFile {
 public:
  GgmlFile(std::filesystem::path path, std::unique_ptr<const MappedFile> file);

  bool contains(const std::string& name) const override { return tensors_.contains(name); }
  tensor::Tensor tensor(const std::string& name, const tensor::Shape& shape) const override;
  void row(const std::string& name, std::int64_t index, std::span<float> row) const override;

  /// How a tensor is stored. Throws when it is missing.
  GgmlType type_of(const std::string& name) const { return stored(name).type; }

 private:
  class Reader;

  struct Stored {
    GgmlType type = GgmlType::kF32;
    /// Outermost first; the file has them the other way round.
    tensor::Shape shape;
    std::span<const std::byte> bytes;
  };

  void read_dimensions(Reader& reader);
  void read_filters(Reader& reader);
  void read_vocabulary(Reader& reader);
  void read_tensor(Reader& reader);
  const Stored& stored(const std::string& name) const;

  std::unique_ptr<const MappedFile> file_;
  std::map<std::string, Stored> tensors_;
};

}  // namespace attune::models::whisper
