#include "models/align_model.h"

#include "models/align_layers.h"

namespace attune::models {

namespace {

std::vector<float> numbers(const WeightFile& file, const std::string& name,
                           const tensor::Shape& shape) {
  const tensor::Tensor values = file.tensor(name, shape);
  return {values.values().begin(), values.values().end()};
}

attention::LagAttentionParameters attention_parameters(const WeightFile& file,
                                                       const AlignGeometry& g) {
  return {.heads = g.heads,
          .width = g.head_width,
          .max_lag = g.max_lag,
          .evidence_radius = g.evidence_radius,
          .block_ticks = AlignModel::kBlockTicks,
          .smallest_support = static_cast<float>(g.evidence_min_weight),
          .window = numbers(file, "align.window", {g.heads, 2 * g.evidence_radius + 1}),
          .lag_bias = numbers(file, "align.lag_bias", {g.heads, g.lags()}),
          .scale = numbers(file, "align.scale", {g.heads})};
}

AlignProjections read_projections(const WeightFile& file, const AlignGeometry& g) {
  return {.query = linear(file, "align.query", g.width, g.width),
          .key = linear(file, "align.key", g.width, g.width),
          .gain = linear(file, "align.gain", g.width, g.heads),
          .null = linear(file, "align.null", g.width, g.heads),
          .null_cosine = numbers(file, "align.null_cosine", {g.heads})};
}

HeadProjections read_head_projections(const WeightFile& file, const AlignGeometry& g) {
  const auto read = [&](const char* name) {
    return linear(file, name, g.width, AlignModel::kProjected);
  };
  return {.speaking_audio = read("speaking.audio"),
          .speaking_face = read("speaking.face"),
          .speaking_value = read("speaking.value"),
          .offscreen_audio = read("offscreen.audio")};
}

// Mass, null and margin of each head; motion and speech; three projected tokens.
int speaking_features(const AlignGeometry& g) {
  return 3 * g.heads + 2 + 3 * AlignModel::kProjected;
}
// Null and greatest mass of each head; speech; the projected audio token.
int offscreen_features(const AlignGeometry& g) {
  return 2 * g.heads + 1 + AlignModel::kProjected;
}

constexpr int kSpeakingHidden = 32;
constexpr int kOffscreenHidden = 16;

}  // namespace

std::shared_ptr<const AlignModel> AlignModel::open(const std::filesystem::path& path) {
  return std::make_shared<const AlignModel>(WeightFile::open(path));
}

AlignModel::AlignModel(const WeightFile& file)
    : geometry_(read_align_geometry(file)),
      log_mel_(geometry_.sound),
      mel_mean_(numbers(file, "mel.mean", {geometry_.sound.mel_bands})),
      mel_std_(numbers(file, "mel.std", {geometry_.sound.mel_bands})),
      audio_encoder_(file, geometry_),
      speech_activity_(file, geometry_),
      face_encoder_(file, geometry_),
      projections_(read_projections(file, geometry_)),
      attention_(attention_parameters(file, geometry_)),
      head_projections_(read_head_projections(file, geometry_)),
      speaking_head_(file, geometry_, "speaking", speaking_features(geometry_), kSpeakingHidden),
      offscreen_head_(file, geometry_, "offscreen", offscreen_features(geometry_),
                      kOffscreenHidden) {}

}  // namespace attune::models
