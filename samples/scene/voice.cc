#include "samples/scene/voice.h"

#include <flite/flite.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "core/error.h"

extern "C" {
cst_voice* register_cmu_us_slt(const char*);
cst_voice* register_cmu_us_rms(const char*);
cst_voice* register_cmu_us_awb(const char*);
}

namespace attune::scene {
namespace {

constexpr double kSentencePause = 0.2;  // seconds between the sentences of one turn
constexpr double kAudible = 0.01;       // of the peak: below is the floor of the synthesis
constexpr int kAudibleWindow = 80;      // samples, 5 ms
constexpr double kSpeechRms = 0.1;      // -20 dBFS while speaking
constexpr double kPeakLimit = 0.9;

struct DeleteUtterance {
  void operator()(cst_utterance* utterance) const { delete_utterance(utterance); }
};
using Utterance = std::unique_ptr<cst_utterance, DeleteUtterance>;

cst_voice* find_voice(const std::string& name) {
  flite_init();
  if (name == "slt") return register_cmu_us_slt(nullptr);
  if (name == "rms") return register_cmu_us_rms(nullptr);
  if (name == "awb") return register_cmu_us_awb(nullptr);
  throw Error(ErrorKind::kUsage, "there is no voice \"" + name + "\"; known are slt, rms, awb");
}

std::vector<std::string> split_sentences(const std::string& text) {
  std::vector<std::string> sentences;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t stop = std::min(text.find_first_of(".?!", start), text.size() - 1);
    sentences.push_back(text.substr(start, stop + 1 - start));
    start = text.find_first_not_of(' ', stop + 1);
  }
  return sentences;
}

/// First and last sample of which the surrounding 5 ms can be heard.
std::pair<std::size_t, std::size_t> audible_range(const std::vector<float>& samples) {
  float peak = 0;
  for (float sample : samples) peak = std::max(peak, std::abs(sample));
  const auto audible = [&](std::size_t i) { return std::abs(samples[i]) > kAudible * peak; };
  std::size_t first = 0;
  std::size_t last = samples.size();
  // A lone sample above the floor is a click of the vocoder; half a window of them is speech.
  const auto loud = [&](std::size_t begin, std::size_t end) {
    std::size_t count = 0;
    for (std::size_t i = begin; i < end; ++i) count += audible(i);
    return count * 2 >= end - begin;
  };
  while (first + kAudibleWindow < last && !loud(first, first + kAudibleWindow)) ++first;
  while (last > first + kAudibleWindow && !loud(last - kAudibleWindow, last)) --last;
  return {first, last};
}

std::vector<TimedName> phones_of(const cst_utterance* utterance) {
  std::vector<TimedName> phones;
  double start = 0;
  for (const cst_item* item = relation_head(utt_relation(utterance, "Segment")); item != nullptr;
       item = item_next(item)) {
    const double end = item_feat_float(item, "end");
    phones.push_back({item_name(item), start, end});
    start = end;
  }
  return phones;
}

std::vector<TimedName> words_of(const cst_utterance* utterance) {
  std::vector<TimedName> words;
  for (const cst_item* item = relation_head(utt_relation(utterance, "Word")); item != nullptr;
       item = item_next(item)) {
    words.push_back(
        {flite_ffeature_string(item, "R:Token.parent.name"),
         flite_ffeature_float(item, "R:SylStructure.daughter1.daughter1.R:Segment.p.end"),
         flite_ffeature_float(item, "R:SylStructure.daughtern.daughtern.R:Segment.end")});
  }
  return words;
}

/// Moves `names` by `shift` seconds and cuts them to [0, duration].
void place(std::vector<TimedName>& names, double shift, double duration) {
  for (TimedName& name : names) {
    name.start = std::clamp(name.start + shift, 0.0, duration);
    name.end = std::clamp(name.end + shift, 0.0, duration);
  }
  std::erase_if(names, [](const TimedName& name) { return name.end <= name.start; });
}

Speech speak_sentence(const std::string& text, cst_voice* voice) {
  const Utterance utterance(flite_synth_text(text.c_str(), voice));
  const cst_wave* wave = utterance ? utt_wave(utterance.get()) : nullptr;
  if (wave == nullptr || wave->sample_rate != kSpeechRate) {
    throw Error(ErrorKind::kInternal, "flite could not say \"" + text + "\"");
  }
  std::vector<float> samples(wave->samples, wave->samples + wave->num_samples);
  const auto [first, last] = audible_range(samples);
  Speech speech;
  speech.samples.assign(samples.begin() + static_cast<std::ptrdiff_t>(first),
                        samples.begin() + static_cast<std::ptrdiff_t>(last));
  speech.phones = phones_of(utterance.get());
  speech.words = words_of(utterance.get());
  const double shift = -static_cast<double>(first) / kSpeechRate;
  place(speech.phones, shift, speech.duration());
  place(speech.words, shift, speech.duration());
  return speech;
}

void append(Speech& whole, Speech sentence) {
  if (!whole.samples.empty()) {
    const double pause_start = whole.duration();
    whole.samples.resize(whole.samples.size() +
                         static_cast<std::size_t>(kSentencePause * kSpeechRate));
    whole.phones.push_back({"pau", pause_start, whole.duration()});
  }
  const double shift = whole.duration();
  whole.samples.insert(whole.samples.end(), sentence.samples.begin(), sentence.samples.end());
  place(sentence.phones, shift, whole.duration());
  place(sentence.words, shift, whole.duration());
  std::ranges::move(sentence.phones, std::back_inserter(whole.phones));
  std::ranges::move(sentence.words, std::back_inserter(whole.words));
}

void set_loudness(std::vector<float>& samples) {
  double energy = 0;
  double peak = 0;
  for (double sample : samples) {
    energy += sample * sample;
    peak = std::max(peak, std::abs(sample));
  }
  if (peak == 0) return;
  const double rms = std::sqrt(energy / static_cast<double>(samples.size()));
  const double gain = std::min(kSpeechRms / rms, kPeakLimit / peak);
  for (float& sample : samples) sample = static_cast<float>(sample * gain);
}

}  // namespace

Speech speak(const std::string& text, const std::string& voice_name, double rate) {
  cst_voice* voice = find_voice(voice_name);  // owned by flite
  flite_feat_set_float(voice->features, "duration_stretch", static_cast<float>(1 / rate));
  Speech whole;
  for (const std::string& sentence : split_sentences(text)) {
    append(whole, speak_sentence(sentence, voice));
  }
  set_loudness(whole.samples);
  return whole;
}

}  // namespace attune::scene
