#include "models/whisper/hugging_face_weights.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace attune::models::whisper {
namespace fs = std::filesystem;
namespace {

constexpr const char* kWeights = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";

[[noreturn]] void fail(const fs::path& index, const std::string& message) {
  throw Error(ErrorKind::kModel, fmt::format("{}: {}", index.string(), message));
}

/// File names by tensor.
std::map<std::string, std::string> read_index(const fs::path& index) {
  std::ifstream stream(index);
  if (!stream) fail(index, "no such file, or not to be read");
  try {
    const auto json = nlohmann::json::parse(stream);
    return json.at("weight_map").get<std::map<std::string, std::string>>();
  } catch (const nlohmann::json::exception& error) {
    fail(index, fmt::format("not an index of safetensors files ({})", error.what()));
  }
}

fs::path piece_beside(const fs::path& index, const std::string& name) {
  if (name.empty() || fs::path(name).filename() != name)
    fail(index, fmt::format("\"{}\" is not the name of a file beside it", name));
  fs::path piece = index.parent_path() / name;
  std::error_code error;
  if (!fs::is_regular_file(piece, error))
    fail(index, fmt::format("the piece {} of the model is missing; put it into the same folder",
                            piece.filename().string()));
  return piece;
}

}  // namespace

bool is_index_of_pieces(const fs::path& path) {
  return path.string().ends_with(".safetensors.index.json");
}

fs::path weights_in_folder(const fs::path& folder) {
  std::error_code error;
  const bool in_pieces =
      !fs::exists(folder / kWeights, error) && fs::exists(folder / kIndex, error);
  return folder / (in_pieces ? kIndex : kWeights);
}

HuggingFaceWeights::HuggingFaceWeights(const fs::path& path) {
  if (is_index_of_pieces(path)) {
    read_pieces(path);
  } else {
    files_.push_back(WeightFile::open(path));
  }
}

void HuggingFaceWeights::read_pieces(const fs::path& index) {
  std::map<std::string, std::size_t> numbers;
  for (const auto& [tensor, name] : read_index(index)) {
    const auto [piece, is_new] = numbers.emplace(name, files_.size());
    if (is_new) files_.push_back(WeightFile::open(piece_beside(index, name)));
    const WeightFile& file = files_[piece->second];
    if (!file.contains(tensor))
      file.fail(fmt::format("the file has no tensor \"{}\", which {} says is in it", tensor,
                            index.filename().string()));
    places_.emplace(tensor, piece->second);
  }
  if (files_.empty()) fail(index, "lists no tensors");
}

bool HuggingFaceWeights::contains(const std::string& name) const {
  return places_.empty() ? files_.front().contains(name) : places_.contains(name);
}

const WeightFile& HuggingFaceWeights::file_of(const std::string& name) const {
  const auto place = places_.find(name);
  return place == places_.end() ? files_.front() : files_[place->second];
}

}  // namespace attune::models::whisper
