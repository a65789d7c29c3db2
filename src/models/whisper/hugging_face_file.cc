#include "models/whisper/hugging_face_file.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "models/mapped_file.h"
#include "models/whisper/log_mel.h"

namespace attune::models::whisper {
namespace {

constexpr std::pair<std::string_view, std::string_view> kPartsOfBlocks[] = {
    {"attn.query", "self_attn.q_proj"},
    {"attn.key", "self_attn.k_proj"},
    {"attn.value", "self_attn.v_proj"},
    {"attn.out", "self_attn.out_proj"},
    {"attn_ln", "self_attn_layer_norm"},
    {"cross_attn.query", "encoder_attn.q_proj"},
    {"cross_attn.key", "encoder_attn.k_proj"},
    {"cross_attn.value", "encoder_attn.v_proj"},
    {"cross_attn.out", "encoder_attn.out_proj"},
    {"cross_attn_ln", "encoder_attn_layer_norm"},
    {"mlp.0", "fc1"},
    {"mlp.2", "fc2"},
    {"mlp_ln", "final_layer_norm"}};

constexpr std::pair<std::string_view, std::string_view> kOtherTensors[] = {
    {"encoder.positional_embedding", "encoder.embed_positions.weight"},
    {"encoder.ln_post.weight", "encoder.layer_norm.weight"},
    {"encoder.ln_post.bias", "encoder.layer_norm.bias"},
    {"decoder.positional_embedding", "decoder.embed_positions.weight"},
    {"decoder.token_embedding.weight", "decoder.embed_tokens.weight"},
    {"decoder.ln.weight", "decoder.layer_norm.weight"},
    {"decoder.ln.bias", "decoder.layer_norm.bias"}};

}  // namespace

std::string hugging_face_name(const std::string& name) {
  for (const auto& [ours, theirs] : kOtherTensors)
    if (name == ours) return std::string(theirs);
  constexpr std::string_view kBlocks = ".blocks.";
  const auto blocks = name.find(kBlocks);
  if (blocks == std::string::npos) return name;
  const auto number = blocks + kBlocks.size();
  const auto part = name.find('.', number) + 1;
  const auto parameter = name.rfind('.');
  const std::string_view middle = std::string_view(name).substr(part, parameter - part);
  for (const auto& [ours, theirs] : kPartsOfBlocks)
    if (middle == ours)
      return fmt::format("{}.layers.{}{}{}", name.substr(0, blocks),
                         name.substr(number, part - number), theirs, name.substr(parameter));
  return name;
}

HuggingFaceFile::HuggingFaceFile(const std::filesystem::path& tensors)
    : ModelFile(tensors), weights_(tensors) {
  read_config(tensors.parent_path() / "config.json");
  check_dimensions();
  mel_filters_ = whisper::mel_filters(dimensions_.mel_bands);
  const std::string probe = hugging_face_name("encoder.ln_post.weight");
  if (weights_.contains("model." + probe)) prefix_ = "model.";
}

void HuggingFaceFile::read_config(const std::filesystem::path& config) {
  std::ifstream stream(config);
  if (!stream) fail(fmt::format("there is no {} beside it", config.filename().string()));
  Dimensions& d = dimensions_;
  const std::array<std::pair<int*, const char*>, 10> sizes{
      {{&d.vocabulary, "vocab_size"},
       {&d.audio_context, "max_source_positions"},
       {&d.audio_width, "d_model"},
       {&d.audio_heads, "encoder_attention_heads"},
       {&d.audio_layers, "encoder_layers"},
       {&d.text_context, "max_target_positions"},
       {&d.text_width, "d_model"},
       {&d.text_heads, "decoder_attention_heads"},
       {&d.text_layers, "decoder_layers"},
       {&d.mel_bands, "num_mel_bins"}}};
  try {
    const auto json = nlohmann::json::parse(stream);
    for (const auto& [size, name] : sizes) *size = json.at(name).get<int>();
  } catch (const nlohmann::json::exception& error) {
    fail(fmt::format("{} beside it is not that of a Whisper model ({})", config.filename().string(),
                     error.what()));
  }
}

std::string HuggingFaceFile::stored_name(const std::string& name) const {
  return prefix_ + hugging_face_name(name);
}

bool HuggingFaceFile::contains(const std::string& name) const {
  return weights_.contains(stored_name(name));
}

tensor::Tensor HuggingFaceFile::tensor(const std::string& name, const tensor::Shape& shape) const {
  const std::string stored = stored_name(name);
  const WeightFile& file = weights_.file_of(stored);
  tensor::Tensor result = file.tensor(stored, shape);
  MappedFile::let_go(file.stored(stored).bytes);
  return result;
}

void HuggingFaceFile::row(const std::string& name, std::int64_t index, std::span<float> row) const {
  const std::string stored = stored_name(name);
  weights_.file_of(stored).row(stored, index, row);
}

}  // namespace attune::models::whisper
