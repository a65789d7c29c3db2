#include "models/whisper/whisper_model.h"

#include <algorithm>

#include "core/error.h"
#include "models/whisper/arithmetic.h"
#include "models/whisper/hugging_face_vocabulary.h"

namespace attune::models::whisper {
namespace {

std::unique_ptr<const Tokenizer> make_tokenizer(const ModelFile& file) {
  auto vocabulary = file.vocabulary();
  if (vocabulary.empty()) vocabulary = read_hugging_face_vocabulary(file.path().parent_path());
  try {
    return std::make_unique<const Tokenizer>(std::move(vocabulary), file.dimensions().vocabulary);
  } catch (const Error& error) {
    throw error.within(file.path().string());
  }
}

}  // namespace

WhisperModel::WhisperModel(const std::filesystem::path& path, std::string_view arithmetic)
    : WhisperModel(ModelFile::open(path), arithmetic) {}

WhisperModel::WhisperModel(const std::shared_ptr<const ModelFile>& file,
                           std::string_view arithmetic)
    : tokenizer_(make_tokenizer(*file)),
      mel_(file->mel_filters()),
      encoder_(*file, whisper::arithmetic(arithmetic)),
      decoder_(file, whisper::arithmetic(arithmetic)) {}

tensor::Tensor WhisperModel::encode(std::span<const std::span<const float>> windows) const {
  const auto count = static_cast<std::int64_t>(windows.size());
  tensor::Tensor mels({count, kWindowFrames, mel_.bands()});
  for (std::int64_t window = 0; window < count; ++window) {
    const tensor::Tensor mel = mel_(windows[static_cast<std::size_t>(window)]);
    std::copy_n(mel.data(), mel.size(), mels.rows(window, window + 1).data());
  }
  return encoder_(mels);
}

std::unique_ptr<TokenModel> WhisperModel::open(const tensor::Tensor& encoded) const {
  return decoder_.open(encoded.reshaped({encoded.dim(1), encoded.dim(2)}));
}

}  // namespace attune::models::whisper
