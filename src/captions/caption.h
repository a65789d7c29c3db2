#pragma once

#include <string>
#include <vector>

#include "align/speech.h"
#include "core/time.h"

namespace attune::captions {

/// One cue: what a viewer sees at once.
struct Caption {
  TimeSpan span{};
  align::SpeakerId speaker = 0;
  /// "Speaker 1", "Off-screen" or the name that the user gave.
  std::string speaker_name;
  /// One or two lines, UTF-8, no markup.
  std::vector<std::string> lines;
  /// The words that the lines were made of.
  std::vector<align::Word> words;
};

}  // namespace attune::captions
