#pragma once

#include <map>
#include <span>
#include <string>

#include "align/speech.h"

namespace attune::captions {

/// What the speakers of one recording are called.
struct SpeakerNames {
  std::map<align::SpeakerId, std::string> names;
  /// Used for speaker 0.
  std::string off_screen = "Off-screen";

  /// The given name, or "Speaker ID" for one that has none.
  std::string name(align::SpeakerId speaker) const;
};

/// Numbers people from 1 in order of their first speech, and names each "Speaker N", or what the
/// user chose for number N. `segments` in order of start time.
SpeakerNames name_speakers(std::span<const align::SpeechSegment> segments,
                           const std::map<int, std::string>& chosen = {},
                           std::string off_screen = "Off-screen");

}  // namespace attune::captions
