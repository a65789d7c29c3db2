#include "captions/speaker_color.h"

#include <array>

namespace attune::captions {

Color speaker_color(align::SpeakerId speaker) {
  // Yellow, cyan and green are those of teletext and of broadcasters since; the others are as light
  // and differ from them for people who see red and green alike.
  constexpr std::array<Color, 6> kColors = {{{255, 236, 92},
                                             {110, 226, 255},
                                             {146, 245, 120},
                                             {255, 176, 214},
                                             {255, 190, 110},
                                             {201, 184, 255}}};
  if (speaker <= 0) return {};
  return kColors[static_cast<std::size_t>(speaker - 1) % kColors.size()];
}

}  // namespace attune::captions
