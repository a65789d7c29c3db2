#include "captions/speaker_colours.h"

#include <array>

namespace attune::captions {

std::string_view colour_of(align::SpeakerId speaker) {
  constexpr std::array<std::string_view, 6> kColours = {"#ffff00", "#00ffff", "#00ff00",
                                                        "#ff99ff", "#ffb366", "#99ccff"};
  if (speaker <= 0) return "#ffffff";
  return kColours[static_cast<std::size_t>(speaker - 1) % kColours.size()];
}

std::map<align::SpeakerId, std::string> named_speakers(const Result& result) {
  std::map<align::SpeakerId, std::string> names;
  for (const Caption& caption : result.captions) {
    if (!caption.speaker_name.empty()) names.try_emplace(caption.speaker, caption.speaker_name);
    for (const Voice& voice : caption.line_voices)
      if (!voice.name.empty()) names.try_emplace(voice.speaker, voice.name);
  }
  return names;
}

}  // namespace attune::captions
