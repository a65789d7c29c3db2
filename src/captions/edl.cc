#include "captions/edl.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "captions/timecode.h"
#include "captions/utf8.h"
#include "captions/voices.h"

namespace attune::captions {
namespace {

struct Colour {
  const char* resolve;
  const char* avid;
};

/// Like colour_of(), from what the programs have.
Colour marker_colour(align::SpeakerId speaker) {
  constexpr std::array<Colour, 6> kColours = {{{"Yellow", "YELLOW"},
                                               {"Cyan", "CYAN"},
                                               {"Green", "GREEN"},
                                               {"Pink", "MAGENTA"},
                                               {"Sand", "RED"},
                                               {"Blue", "BLUE"}}};
  if (speaker <= 0) return {"Cream", "WHITE"};
  return kColours[static_cast<std::size_t>(speaker - 1) % kColours.size()];
}

std::string marker_text(const VoiceLines& voice) {
  std::string text = voice.voice.name.empty() ? "" : voice.voice.name + ": ";
  text = single_line(text + joined(voice.lines, " "));
  std::replace(text.begin(), text.end(), '|', '/');
  return text;
}

}  // namespace

std::string write_edl(const Result& result) {
  const Timecode timecode(result.media.video ? result.media.video->frame_rate : 0);
  const std::string name = single_line(recording_name(result.media));
  std::string text = fmt::format("TITLE: {}\nFCM: {}\n", name.empty() ? "Captions" : name,
                                 timecode.drops_frames() ? "DROP FRAME" : "NON-DROP FRAME");
  int number = 0;
  for (const Caption& caption : result.captions) {
    if (caption.span.end <= Timestamp::zero()) continue;
    const std::int64_t start = timecode.frame(caption.span.start);
    const std::int64_t length = std::max<std::int64_t>(timecode.frame(caption.span.end) - start, 1);
    const std::string in = timecode.code(start);
    const std::string out = timecode.code(start + 1);
    for (const VoiceLines& voice : voices_of(caption)) {
      const Colour colour = marker_colour(voice.voice.speaker);
      const std::string marker = marker_text(voice);
      fmt::format_to(std::back_inserter(text),
                     "\n{:03}  001      V     C        {} {} {} {}\n"
                     "* LOC: {} {:<7} {}\n |C:ResolveColor{} |M:{} |D:{}\n",
                     ++number, in, out, in, out, in, colour.avid, marker, colour.resolve, marker,
                     length);
    }
  }
  return text;
}

}  // namespace attune::captions
