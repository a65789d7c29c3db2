#include "models/whisper/model_file.h"

#include <fmt/format.h>

#include "core/error.h"
#include "models/safetensors.h"
#include "models/whisper/ggml_file.h"
#include "models/whisper/hugging_face_file.h"
#include "models/whisper/log_mel.h"

namespace attune::models::whisper {

std::shared_ptr<const ModelFile> ModelFile::open(const std::filesystem::path& path) {
  const auto tensors = std::filesystem::is_directory(path) ? weights_in_folder(path) : path;
  if (is_index_of_pieces(tensors)) return std::make_shared<HuggingFaceFile>(tensors);
  auto file = std::make_unique<const MappedFile>(tensors);
  if (looks_like_ggml(file->bytes())) return std::make_shared<GgmlFile>(tensors, std::move(file));
  if (looks_like_safetensors(file->bytes())) return std::make_shared<HuggingFaceFile>(tensors);
  throw Error(ErrorKind::kModel,
              fmt::format("{}: not a Whisper model: it begins with neither the ggml format's magic "
                          "number nor a safetensors header",
                          tensors.string()));
}

void ModelFile::check_dimensions() const {
  constexpr int kLargest = 1 << 20;
  const Dimensions& d = dimensions_;
  const std::pair<const char*, int> sizes[] = {
      {"vocabulary", d.vocabulary},     {"audio context", d.audio_context},
      {"audio width", d.audio_width},   {"audio heads", d.audio_heads},
      {"audio layers", d.audio_layers}, {"text context", d.text_context},
      {"text width", d.text_width},     {"text heads", d.text_heads},
      {"text layers", d.text_layers},   {"mel bands", d.mel_bands}};
  for (const auto& [what, size] : sizes)
    if (size < 1 || size > kLargest)
      fail(fmt::format("impossible size in the header: {} {}", what, size));
  if (d.audio_context != kWindowFrames / 2)
    fail(fmt::format("impossible size in the header: audio context {} where 30 s have {}",
                     d.audio_context, kWindowFrames / 2));
  if (d.audio_width % d.audio_heads != 0 || d.text_width % d.text_heads != 0)
    fail(fmt::format("impossible sizes in the header: widths {} and {} for {} and {} heads",
                     d.audio_width, d.text_width, d.audio_heads, d.text_heads));
  if (d.audio_width != d.text_width || d.audio_width % 2 != 0)
    fail(fmt::format("impossible sizes in the header: an encoder {} wide under a decoder {} wide",
                     d.audio_width, d.text_width));
}

void ModelFile::fail(const std::string& message) const {
  throw Error(ErrorKind::kModel, path_.string() + ": " + message);
}

}  // namespace attune::models::whisper
