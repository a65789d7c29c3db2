#include "captions/speaker_names.h"

#include <fmt/format.h>

namespace attune::captions {

std::string SpeakerNames::name(align::SpeakerId speaker) const {
  if (speaker == 0) return off_screen;
  const auto found = names.find(speaker);
  return found != names.end() ? found->second : fmt::format("Speaker {}", speaker);
}

SpeakerNames name_speakers(std::span<const align::SpeechSegment> segments,
                           const std::map<int, std::string>& chosen, std::string off_screen) {
  SpeakerNames result;
  result.off_screen = std::move(off_screen);
  int number = 1;
  for (const align::SpeechSegment& segment : segments) {
    if (!segment.on_screen() || result.names.contains(segment.speaker)) continue;
    const auto choice = chosen.find(number);
    result.names[segment.speaker] =
        choice != chosen.end() ? choice->second : fmt::format("Speaker {}", number);
    ++number;
  }
  return result;
}

}  // namespace attune::captions
