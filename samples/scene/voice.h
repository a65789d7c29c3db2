#pragma once

#include <string>
#include <vector>

namespace attune::scene {

inline constexpr int kSpeechRate = 16000;  // samples per second of everything that flite says

/// A piece of speech with a name: a phone of the CMU set ("ae", "pau") or a written word.
struct TimedName {
  std::string name;
  double start = 0;  // seconds from the first sample of the speech
  double end = 0;
};

/// Synthesised speech, cut at its first and last audible sample.
struct Speech {
  std::vector<float> samples;  // mono, kSpeechRate, [-1, 1]
  std::vector<TimedName> phones;
  std::vector<TimedName> words;

  double duration() const { return static_cast<double>(samples.size()) / kSpeechRate; }
};

/// Says one or more sentences with a voice of flite, all at the same loudness. Voices: "slt"
/// (woman), "rms" (man), "awb" (another man). `rate` is the pace: 1 as the voice was made, 0.8
/// slower. Throws Error(kUsage) for an unknown voice. Not thread-safe: flite is not.
Speech speak(const std::string& text, const std::string& voice, double rate);

}  // namespace attune::scene
