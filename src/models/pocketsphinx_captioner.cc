#include "models/pocketsphinx_captioner.h"

#include <fmt/format.h>
#include <pocketsphinx.h>
#include <sphinxbase/err.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "core/error.h"
#include "core/sha256.h"

#ifndef ATTUNE_POCKETSPHINX_MODEL_FOLDER
#define ATTUNE_POCKETSPHINX_MODEL_FOLDER "/usr/share/pocketsphinx/model/en-us"
#endif

namespace attune::models {
namespace {

constexpr int kSampleRate = 16000;
constexpr int kFramesPerSecond = 100;
constexpr Duration kFrameTime = std::chrono::milliseconds(10);
/// No word lasts so long: what noise is taken for does ("thank", 3 s, with full confidence).
constexpr Duration kLongestWord = std::chrono::seconds(2);
constexpr std::size_t kPadding = kSampleRate / 4;
constexpr std::size_t kLongestPiece = 30 * kSampleRate;
constexpr std::size_t kShortestPiece = 15 * kSampleRate;
/// Under a tenth of a second no word can be told.
constexpr std::size_t kShortestStretch = kSampleRate / 10;
constexpr float kTargetRms = 0.08f;
constexpr float kPeak = 0.9f;
/// Nothing below this level (-80 dBFS) is speech.
constexpr float kSilentRms = 1e-4f;

constexpr std::array<const char*, 6> kModelFiles = {"cmudict-en-us.dict", "en-us.lm.bin",
                                                    "en-us/feat.params",  "en-us/mdef",
                                                    "en-us/means",        "en-us/sendump"};

std::filesystem::path default_model_folder() {
  const char* chosen = std::getenv("ATTUNE_POCKETSPHINX_MODEL");
  return chosen != nullptr && *chosen != '\0' ? chosen : ATTUNE_POCKETSPHINX_MODEL_FOLDER;
}

void check_model(const std::filesystem::path& folder) {
  for (const char* file : kModelFiles) {
    if (std::filesystem::is_regular_file(folder / file)) continue;
    throw Error(ErrorKind::kModel,
                fmt::format("PocketSphinx's US English model is missing: there is no '{}'. Install "
                            "Debian's package pocketsphinx-en-us (apt-get install "
                            "pocketsphinx-en-us), or set ATTUNE_POCKETSPHINX_MODEL to the folder "
                            "that holds en-us.lm.bin.",
                            (folder / file).string()));
  }
}

/// Where to cut a stretch longer than kLongestPiece: the middle of its quietest 0.2 s.
std::size_t quietest_place(std::span<const float> samples) {
  constexpr std::size_t kWindow = kSampleRate / 5;
  double energy = 0;
  double least = -1;
  std::size_t place = kLongestPiece;
  for (std::size_t i = kShortestPiece; i < kLongestPiece; ++i) {
    energy += double{samples[i]} * samples[i];
    if (i < kShortestPiece + kWindow) continue;
    energy -= double{samples[i - kWindow]} * samples[i - kWindow];
    if (least >= 0 && energy >= least) continue;
    least = energy;
    place = i - kWindow / 2;
  }
  return place;
}

/// Damaged files decode to NaN and infinity now and then.
float finite(float sample) {
  return std::isfinite(sample) ? sample : 0;
}

/// Brings the stretch to kTargetRms without clipping; 0 when there is nothing to hear.
float gain_for(std::span<const float> samples) {
  double energy = 0;
  float peak = 0;
  for (const float sample : samples) {
    energy += double{finite(sample)} * finite(sample);
    peak = std::max(peak, std::abs(finite(sample)));
  }
  const auto rms = static_cast<float>(std::sqrt(energy / static_cast<double>(samples.size())));
  if (rms < kSilentRms) return 0;
  return std::min(kTargetRms / rms, kPeak / peak);
}

/// The stretch at the level the recogniser expects, between two pieces of faint noise. Pure zeros
/// would give log-energies that the model has never seen.
std::vector<std::int16_t> prepare(std::span<const float> samples, float gain) {
  std::vector<std::int16_t> pcm;
  pcm.reserve(samples.size() + 2 * kPadding);
  std::uint32_t state = 1;
  const auto noise = [&state] {
    state = state * 1664525u + 1013904223u;
    return static_cast<std::int16_t>(static_cast<int>(state >> 29) - 4);
  };
  for (std::size_t i = 0; i < kPadding; ++i) pcm.push_back(noise());
  for (const float sample : samples) {
    pcm.push_back(
        static_cast<std::int16_t>(std::clamp(finite(sample) * gain * 32767, -32767.0f, 32767.0f)));
  }
  for (std::size_t i = 0; i < kPadding; ++i) pcm.push_back(noise());
  return pcm;
}

/// "read(2)" is the second pronunciation of "read"; "<sil>" and "[NOISE]" are no words.
std::string spelling(std::string_view entry) {
  if (entry.empty() || entry.front() == '<' || entry.front() == '[' || entry.front() == '+') {
    return {};
  }
  const std::size_t variant = entry.find('(', 1);
  return std::string(entry.substr(0, variant));
}

/// 1 for no words.
double mean_confidence(std::span<const RecognizedWord> words) {
  if (words.empty()) return 1;
  double sum = 0;
  for (const RecognizedWord& word : words) sum += word.confidence;
  return sum / static_cast<double>(words.size());
}

}  // namespace

class PocketSphinxCaptioner::Decoder {
 public:
  explicit Decoder(const PocketSphinxOptions& options) {
    err_set_logfp(nullptr);  // PocketSphinx reports every step on standard error otherwise.
    const std::string hmm = (options.model_folder / "en-us").string();
    const std::string lm = (options.model_folder / "en-us.lm.bin").string();
    const std::string dictionary = (options.model_folder / "cmudict-en-us.dict").string();
    const auto number = [](double value) { return fmt::format("{}", value); };
    const std::string lw = number(options.language_weight);
    const std::string flat_lw = number(options.flat_language_weight);
    const std::string best_path_lw = number(options.best_path_language_weight);
    const std::string wip = number(options.word_insertion_penalty);
    const std::string beam = number(options.beam);
    const std::string word_beam = number(options.word_beam);
    // Without -remove_silence no, silent frames vanish from the sound and later words come too
    // early.
    config_.reset(cmd_ln_init(
        nullptr, ps_args(), 1, "-hmm", hmm.c_str(), "-lm", lm.c_str(), "-dict", dictionary.c_str(),
        "-lw", lw.c_str(), "-fwdflatlw", flat_lw.c_str(), "-bestpathlw", best_path_lw.c_str(),
        "-wip", wip.c_str(), "-beam", beam.c_str(), "-pbeam", beam.c_str(), "-wbeam",
        word_beam.c_str(), "-cmn", "batch", "-remove_silence", "no", "-dither", "no", nullptr));
    if (config_ != nullptr) decoder_.reset(ps_init(config_.get()));
    if (decoder_ == nullptr) {
      throw Error(ErrorKind::kModel,
                  fmt::format("PocketSphinx cannot load its model from '{}'. Install Debian's "
                              "package pocketsphinx-en-us again.",
                              options.model_folder.string()));
    }
  }

  std::vector<RecognizedWord> decode(std::span<const float> samples,
                                     const PocketSphinxOptions& options) {
    const float gain = gain_for(samples);
    if (gain == 0) return {};
    const std::vector<std::int16_t> pcm = prepare(samples, gain);
    // start_stream resets the noise estimate; a whole utterance at once has its own cepstral mean.
    const bool decoded = ps_start_stream(decoder_.get()) >= 0 &&
                         ps_start_utt(decoder_.get()) >= 0 &&
                         ps_process_raw(decoder_.get(), pcm.data(), pcm.size(), FALSE, TRUE) >= 0 &&
                         ps_end_utt(decoder_.get()) >= 0;
    if (!decoded) {
      throw Error(ErrorKind::kInternal,
                  fmt::format("PocketSphinx failed on a stretch of {:.2f} s",
                              static_cast<double>(samples.size()) / kSampleRate));
    }
    std::vector<RecognizedWord> words = collect(samples.size());
    if (mean_confidence(words) < options.minimum_mean_confidence) return {};
    std::erase_if(words, [&](const RecognizedWord& word) {
      return word.confidence < options.minimum_confidence;
    });
    return words;
  }

 private:
  std::vector<RecognizedWord> collect(std::size_t sample_count) {
    constexpr Duration kPaddingTime = Duration(std::chrono::seconds(1)) * kPadding / kSampleRate;
    const Duration length =
        Duration(std::chrono::seconds(1)) * static_cast<std::int64_t>(sample_count) / kSampleRate;
    logmath_t* scale = ps_get_logmath(decoder_.get());
    std::vector<RecognizedWord> words;
    for (ps_seg_t* seg = ps_seg_iter(decoder_.get()); seg != nullptr; seg = ps_seg_next(seg)) {
      std::string text = spelling(ps_seg_word(seg));
      if (text.empty()) continue;
      const double posterior = logmath_exp(scale, ps_seg_prob(seg, nullptr, nullptr, nullptr));
      const auto confidence = static_cast<float>(std::clamp(posterior, 0.0, 1.0));
      int first = 0;
      int last = 0;
      ps_seg_frames(seg, &first, &last);
      const Duration start =
          std::clamp(first * kFrameTime - kPaddingTime, Duration::zero(), length);
      const Duration end = std::clamp((last + 1) * kFrameTime - kPaddingTime, start, length);
      if (end <= start || end - start > kLongestWord) continue;
      words.push_back({{start, end}, std::move(text), confidence});
    }
    return words;
  }

  struct Free {
    void operator()(cmd_ln_t* config) const { cmd_ln_free_r(config); }
    void operator()(ps_decoder_t* decoder) const { ps_free(decoder); }
  };

  std::unique_ptr<cmd_ln_t, Free> config_;
  std::unique_ptr<ps_decoder_t, Free> decoder_;
};

PocketSphinxCaptioner::PocketSphinxCaptioner(PocketSphinxOptions options)
    : options_(std::move(options)) {
  if (options_.model_folder.empty()) options_.model_folder = default_model_folder();
  check_model(options_.model_folder);
  decoder_ = std::make_unique<Decoder>(options_);
}

PocketSphinxCaptioner::~PocketSphinxCaptioner() = default;

CaptionerModel PocketSphinxCaptioner::model() const {
  std::string listing;
  for (const char* file : kModelFiles) {
    listing += fmt::format("{}  {}\n", sha256_file(options_.model_folder / file), file);
  }
  return {"pocketsphinx-en-us", sha256(std::as_bytes(std::span(listing)))};
}

std::vector<RecognizedWord> PocketSphinxCaptioner::transcribe(std::span<const float> samples) {
  std::vector<RecognizedWord> words;
  Duration position{};
  while (samples.size() >= kShortestStretch) {
    const std::size_t length =
        samples.size() > kLongestPiece ? quietest_place(samples) : samples.size();
    for (RecognizedWord& word : decoder_->decode(samples.first(length), options_)) {
      word.span = {word.span.start + position, word.span.end + position};
      words.push_back(std::move(word));
    }
    position += Duration(std::chrono::seconds(1)) * static_cast<std::int64_t>(length) / kSampleRate;
    samples = samples.subspan(length);
  }
  return words;
}

}  // namespace attune::models
