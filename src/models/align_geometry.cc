#include "models/align_geometry.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace attune::models {

namespace {

const std::string& text(const WeightFile& file, const std::string& key) {
  const auto entry = file.metadata().find(key);
  if (entry == file.metadata().end()) file.fail(fmt::format("its metadata has no \"{}\"", key));
  return entry->second;
}

/// A JSON object of numbers within the metadata.
class Numbers {
 public:
  Numbers(const WeightFile& file, const std::string& key)
      : file_(file), key_(key), values_(nlohmann::json::parse(text(file, key), nullptr, false)) {
    if (!values_.is_object()) file.fail(fmt::format("its metadata \"{}\" is no JSON object", key));
  }

  double positive(const char* name) const {
    const auto entry = values_.find(name);
    if (entry == values_.end() || !entry->is_number()) {
      file_.fail(fmt::format("its metadata \"{}\" has no number \"{}\"", key_, name));
    }
    const double value = entry->get<double>();
    if (!(value > 0)) file_.fail(fmt::format("its \"{}\" is {}, not above 0", name, value));
    return value;
  }

  int count(const char* name) const {
    constexpr double kLargest = 1e6;
    const double value = positive(name);
    if (value > kLargest || value != std::floor(value)) {
      file_.fail(fmt::format("its \"{}\" is {}, which is no count", name, value));
    }
    return static_cast<int>(value);
  }

 private:
  const WeightFile& file_;
  std::string key_;
  nlohmann::json values_;
};

void read_input(const Numbers& input, AlignGeometry& g) {
  g.sound = {.sample_rate_hz = input.count("sample_rate"),
             .frame_length = input.count("frame_length"),
             .frame_hop = input.count("frame_hop"),
             .fft_size = input.count("fft_size"),
             .mel_bands = input.count("mel_bands"),
             .mel_low_hz = input.positive("mel_low_hz"),
             .mel_high_hz = input.positive("mel_high_hz"),
             .mel_floor = input.positive("mel_floor")};
  g.crop = {.side = input.count("crop_side"),
            .factor = input.positive("crop_factor"),
            .max_supersampling = input.count("crop_max_supersampling"),
            .landmark_sigma_ticks = input.positive("landmark_sigma_tokens"),
            .landmark_radius_ticks = input.count("landmark_radius_tokens")};
  g.crop_stack = input.count("crop_stack");
  g.crop_std_offset = input.positive("crop_std_offset");
}

void read_networks(const Numbers& hyper, AlignGeometry& g) {
  g.width = hyper.count("width");
  g.heads = hyper.count("heads");
  g.head_width = hyper.count("head_width");
  g.max_lag = hyper.count("max_lag_tokens");
  g.evidence_radius = hyper.count("evidence_radius");
  g.evidence_min_weight = hyper.positive("evidence_min_weight");
  g.unit_eps = hyper.positive("unit_eps");
  g.audio_context = hyper.count("audio_context_frames");
  g.speech_context = hyper.count("speech_context_frames");
  g.face_context = hyper.count("face_context_crops");
  g.head_context = hyper.count("head_context_tokens");
  g.margin_clamp = hyper.positive("margin_clamp");
  g.margin_scale = hyper.positive("margin_scale");
  g.motion_scale = hyper.positive("motion_scale");
}

}  // namespace

AlignGeometry read_align_geometry(const WeightFile& file) {
  if (const std::string name = text(file, "architecture"); name != "attune-align") {
    file.fail(fmt::format("it holds \"{}\", not \"attune-align\"", name));
  }
  AlignGeometry g;
  g.version = text(file, "version");
  const Numbers input(file, "input_geometry");
  read_input(input, g);
  read_networks(Numbers(file, "hyper_parameters"), g);
  if (input.count("tokens_per_second") != kTokensPerSecond) {
    file.fail(fmt::format("its tokens do not come {} times a second", kTokensPerSecond));
  }
  if (g.sound.sample_rate_hz % (kTokensPerSecond * g.sound.frame_hop) != 0) {
    file.fail(fmt::format("its mel frames every {} samples at {} Hz do not fit {} tokens a second",
                          g.sound.frame_hop, g.sound.sample_rate_hz, kTokensPerSecond));
  }
  if (g.heads * g.head_width != g.width) {
    file.fail(fmt::format("its {} heads of {} do not make {}", g.heads, g.head_width, g.width));
  }
  return g;
}

}  // namespace attune::models
