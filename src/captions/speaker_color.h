#pragma once

#include <cstdint>

#include "align/speech.h"

namespace attune::captions {

struct Color {
  std::uint8_t red = 255;
  std::uint8_t green = 255;
  std::uint8_t blue = 255;
};

/// The colour of a speaker's text: light, to be read on dark. People get them in order of their
/// number, over and over; somebody off screen (0) has white.
Color speaker_color(align::SpeakerId speaker);

}  // namespace attune::captions
