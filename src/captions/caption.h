#pragma once

#include <optional>
#include <string>
#include <vector>

#include "align/speech.h"
#include "core/time.h"

namespace attune::captions {

/// Who says one line of a cue.
struct Voice {
  align::SpeakerId speaker = 0;
  std::string name;
};

/// Where a cue stands in the picture: the middle of its lowest line, as shares of the picture's
/// width and height, from the upper left corner.
struct Placement {
  double x = 0.5;
  double y = 0.9;
};

/// One cue: what a viewer sees at once.
struct Caption {
  TimeSpan span{};
  align::SpeakerId speaker = 0;
  /// "Speaker 1", "Off-screen" or the name that the user gave.
  std::string speaker_name;
  /// One or two lines, UTF-8, no markup.
  std::vector<std::string> lines;
  /// One for each line where two people share the cue (`speaker` is then the first); else empty.
  /// The lines have their dashes in their text.
  std::vector<Voice> line_voices;
  /// The words that the lines were made of.
  std::vector<align::Word> words;
  /// Nothing: where the player puts captions.
  std::optional<Placement> placement;
};

}  // namespace attune::captions
