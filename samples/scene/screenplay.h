#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "samples/scene/voice.h"

namespace attune::scene {

/// A person of the scene. The first ones sit in the picture, the last one is only heard.
struct Character {
  std::string name;
  std::string voice;  // of flite, see speak()
};

inline constexpr int kOffScreen = 2;  // index of the character who is only heard
const std::vector<Character>& characters();

/// Parts of the scene, played in this order.
enum class Part { kDialogue, kOffScreen, kSilence, kClosing };

struct ScreenplayOptions {
  int speakers = 2;          // persons in the picture, 1 or 2
  int turns = 6;             // of the dialogue
  double silence_s = 4.5;    // length of the silent part
  double speech_rate = 1.0;  // pace of all voices
  bool cuts = true;          // close-up during the closing part
  std::uint64_t seed = 1;    // lengths of the pauses
  std::vector<Part> parts{Part::kDialogue, Part::kOffScreen, Part::kSilence, Part::kClosing};
};

/// Something said. Times are those of the picture: with an offset the sound comes later.
struct Turn {
  int character = 0;
  std::string text;
  Speech speech;
  double start = 0;  // seconds

  double end() const { return start + speech.duration(); }
};

/// What the camera shows from `start` until the next shot: everybody, or one person close up.
struct Shot {
  double start = 0;
  double end = 0;
  std::optional<int> close_up;
};

struct Screenplay {
  int speakers = 2;
  std::vector<Turn> turns;
  std::vector<Shot> shots;  // without gaps from 0 to duration
  double duration = 0;      // seconds
};

/// Synthesises every line and lays it out in time. The same options give the same screenplay.
Screenplay write_screenplay(const ScreenplayOptions& options);

}  // namespace attune::scene
