#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "models/weights.h"

namespace attune::models::whisper {

/// Whether a file's name is that of the list of a model in several pieces, which Hugging Face calls
/// `model.safetensors.index.json`.
bool is_index_of_pieces(const std::filesystem::path& path);

/// The file that stands for the weights in a Hugging Face folder: `model.safetensors`, or where
/// there is none but an index of pieces, that.
std::filesystem::path weights_in_folder(const std::filesystem::path& folder);

/// The tensors of a Hugging Face model, in one safetensors file or in several beside an index: JSON
/// with {"weight_map": {tensor: file name}}. Thread-safe. Errors are Error(kModel) and name the
/// file.
class HuggingFaceWeights {
 public:
  /// `path`: a safetensors file or an index. Throws when a file is missing or damaged, or does not
  /// hold a tensor that the index says it does.
  explicit HuggingFaceWeights(const std::filesystem::path& path);

  bool contains(const std::string& name) const;
  /// The file with this tensor; where there is none, one whose error says so.
  const WeightFile& file_of(const std::string& name) const;

 private:
  void read_pieces(const std::filesystem::path& index);

  std::vector<WeightFile> files_;
  /// Which of the files has a tensor; empty for one file.
  std::map<std::string, std::size_t> places_;
};

}  // namespace attune::models::whisper
