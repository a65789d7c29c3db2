#include "nodes/captioner_choice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "core/error.h"
#include "core/nearest_name.h"
#include "models/pocketsphinx_captioner.h"
#include "models/whisper/languages.h"
#include "models/whisper_captioner.h"
#include "nodes/model_parameter.h"

namespace attune::nodes {
namespace {

using models::whisper::TranscriptionOptions;

constexpr const char* kAuto = "auto";
constexpr const char* kNone = "none";
constexpr const char* kPocketSphinx = "pocketsphinx";

/// Half the time of the default search (docs/captioners.md).
constexpr double kCoarseBeam = 1e-36;
constexpr double kCoarseWordBeam = 1e-22;

struct Asked {
  std::string model;
  std::string arithmetic;
  TranscriptionOptions whisper;
};

std::optional<int> language_asked(const std::string& language) {
  if (language == "auto") return std::nullopt;
  if (const auto index = models::whisper::find_language(language)) return index;
  std::string known;
  for (const auto& one : models::whisper::languages())
    known += fmt::format("{}{}", known.empty() ? "" : ", ", one.code);
  throw Error(ErrorKind::kUsage,
              fmt::format("language \"{}\" is not known; use auto, an English name such as German, "
                          "or one of {}",
                          language, known));
}

Asked read(const pipeline::Parameters& parameters) {
  Asked asked;
  asked.model = parameters.get<std::string>("model");
  asked.arithmetic = parameters.get<std::string>("arithmetic");
  asked.whisper.previous_text = parameters.get<bool>("previous_text");
  asked.whisper.prompt = parameters.get<std::string>("prompt");
  auto& decoding = asked.whisper.decoding;
  decoding.language = language_asked(parameters.get<std::string>("language"));
  if (parameters.get<std::string>("task") == "translate")
    decoding.task = models::whisper::Task::kTranslate;
  decoding.beam_size = static_cast<int>(parameters.get<std::int64_t>("beam_size"));
  if (!parameters.get<bool>("temperature_fallback")) decoding.temperatures = {0};
  return asked;
}

/// The first Whisper of the catalogue, or imported one, that is installed; else PocketSphinx.
std::string best_installed(bool multilingual) {
  for (const models::ListedModel& model : models::ModelStore().list()) {
    if (model.info.role != models::ModelRole::kCaptioner || !model.path) continue;
    const bool english_only = model.info.name.find(".en") != std::string::npos;
    if (!(multilingual && english_only)) return model.info.name;
  }
  return kPocketSphinx;
}

bool needs_multilingual(const Asked& asked) {
  return asked.whisper.decoding.language.value_or(0) != 0 ||
         asked.whisper.decoding.task == models::whisper::Task::kTranslate;
}

MakeCaptioner choose_pocketsphinx(const Asked& asked) {
  if (needs_multilingual(asked))
    throw Error(ErrorKind::kUsage,
                "PocketSphinx understands English only and does not translate; a Whisper model "
                "does: attune models pull whisper-base");
  return [](CaptionEffort effort) {
    models::PocketSphinxOptions options;
    if (effort == CaptionEffort::kCoarse) {
      options.beam = kCoarseBeam;
      options.word_beam = kCoarseWordBeam;
    }
    return std::make_unique<models::PocketSphinxCaptioner>(options);
  };
}

void require_known(const std::string& model) {
  if (model.find('/') != std::string::npos) return;
  std::vector<std::string> names = {kAuto, kPocketSphinx, kNone};
  for (const models::ListedModel& listed : models::ModelStore().list())
    if (listed.info.role == models::ModelRole::kCaptioner) names.push_back(listed.info.name);
  if (std::ranges::find(names, model) != names.end()) return;
  const std::string nearest = nearest_name(model, names);
  throw Error(
      ErrorKind::kModel,
      fmt::format("there is no captioner \"{}\"{} Known, beside the paths of files: {}", model,
                  nearest.empty() ? "." : fmt::format("; did you mean \"{}\"?", nearest),
                  fmt::join(names, ", ")));
}

MakeCaptioner choose_whisper(const Asked& asked, pipeline::RunContext& context) {
  require_known(asked.model);
  const auto installed = use_model(context, models::ModelRole::kCaptioner, asked.model);
  const auto network =
      std::make_shared<const models::whisper::WhisperModel>(installed.path, asked.arithmetic);
  const models::CaptionerModel name = {installed.info.name, installed.info.sha256};
  return [network, name, asked = asked.whisper](CaptionEffort effort) {
    TranscriptionOptions options = asked;
    if (effort == CaptionEffort::kCoarse) {
      options.decoding.beam_size = 1;
      options.decoding.temperatures = {0};
    }
    return std::make_unique<models::WhisperCaptioner>(network, name, options);
  };
}

}  // namespace

std::vector<pipeline::ParameterSpec> captioner_parameters() {
  return {
      {.name = "model",
       .default_value = std::string("auto"),
       .doc = "auto: the best installed Whisper for the language, else PocketSphinx; pocketsphinx; "
              "a name of "
              "`attune models list`; a path; none: no words, who speaks when alone"},
      {.name = "language",
       .default_value = std::string("auto"),
       .doc = "language spoken, as a code (de) or an English name (German); auto: found for each "
              "stretch"},
      {.name = "task",
       .default_value = std::string("transcribe"),
       .doc = "translate: English text whatever is spoken (multilingual Whisper models)",
       .choices = {"transcribe", "translate"}},
      {.name = "beam_size",
       .default_value = std::int64_t{5},
       .doc = "Whisper: texts followed at a time; 1 is faster",
       .minimum = 1,
       .maximum = 16},
      {.name = "temperature_fallback",
       .default_value = true,
       .doc = "Whisper: texts that are unlikely or repeat themselves are tried again by drawing"},
      {.name = "previous_text",
       .default_value = false,
       .doc = "Whisper: within a stretch longer than 30 s, go on from the text before"},
      {.name = "prompt",
       .default_value = std::string(),
       .doc = "Whisper: text taken to have been said before, such as spellings of names"},
      {.name = "arithmetic",
       .default_value = std::string("auto"),
       .doc = "Whisper: numbers of the matrix products; auto: bf16 where the processor has it",
       .choices = {"auto", "f32", "bf16", "int8"}},
  };
}

MakeCaptioner choose_captioner(const pipeline::Parameters& parameters,
                               pipeline::RunContext& context) {
  Asked asked = read(parameters);
  if (asked.model == kNone) return {};
  if (asked.model == kAuto) asked.model = best_installed(needs_multilingual(asked));
  return asked.model == kPocketSphinx ? choose_pocketsphinx(asked) : choose_whisper(asked, context);
}

}  // namespace attune::nodes
