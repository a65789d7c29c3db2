#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/time.h"

namespace attune::models {

/// One word as a captioner hears it.
struct RecognizedWord {
  /// Relative to the first sample of the stretch; within it, in order, without overlap.
  TimeSpan span{};
  /// UTF-8, as the captioner spells it; never empty.
  std::string text;
  /// Posterior probability of the word, in [0, 1].
  float confidence = 0;
};

/// What a result says of the model that produced it.
struct CaptionerModel {
  std::string name;
  /// Lower-case hexadecimal; over all files of the model.
  std::string sha256;
};

/// How a captioner wants the sound cut into stretches.
struct StretchLengths {
  /// Shorter pauses do not end a stretch.
  Duration minimum_pause{};
  /// Longer stretches are divided.
  Duration maximum_length{};
};

/// Turns speech into words. One object serves one thread at a time; the words of a stretch depend
/// on its samples alone, not on what was transcribed before.
class Captioner {
 public:
  virtual ~Captioner() = default;

  virtual CaptionerModel model() const = 0;
  virtual StretchLengths stretches() const = 0;

  /// Words spoken in a stretch of mono sound at 16 kHz, nominally in [-1, 1]. Any length, also
  /// empty; no words when nothing was understood. Throws Error(kInternal) when the recogniser
  /// fails.
  virtual std::vector<RecognizedWord> transcribe(std::span<const float> samples) = 0;

  /// The same for several stretches, for captioners that hear them faster together.
  virtual std::vector<std::vector<RecognizedWord>> transcribe_all(
      std::span<const std::span<const float>> stretches) {
    std::vector<std::vector<RecognizedWord>> words;
    for (const std::span<const float> samples : stretches) words.push_back(transcribe(samples));
    return words;
  }
};

}  // namespace attune::models
