#include "captions/losses.h"

#include <fmt/format.h>

#include <algorithm>

namespace attune::captions {
namespace {

template <typename Predicate>
bool any_caption(const Result& result, Predicate predicate) {
  return std::any_of(result.captions.begin(), result.captions.end(), predicate);
}

std::string without_voices(const Format& format) {
  const bool named = format.name == "srt";
  return named ? "voices: names are written in the text" : "voices: names are lost";
}

}  // namespace

std::vector<std::string> losses(const Result& result, const Format& format) {
  std::vector<std::string> found;
  const auto miss = [&](unsigned content, bool present, std::string_view what) {
    if (present && (format.holds & content) == 0)
      found.push_back(fmt::format("{} has no {}", format.name, what));
  };
  miss(kCues, !result.captions.empty(), "captions: their text is lost");
  if ((format.holds & kCues) == 0) return found;
  miss(kTimes, !result.captions.empty(), "times");
  miss(kVoices, any_caption(result, [](const Caption& c) { return !c.speaker_name.empty(); }),
       without_voices(format));
  miss(kSharedCues, any_caption(result, [](const Caption& c) { return !c.line_voices.empty(); }),
       (format.holds & kVoices) != 0 ? "cues of several speakers: each speaker's part is written "
                                       "apart"
                                     : "cues of several speakers: their lines begin with hyphens");
  miss(kLines, any_caption(result, [](const Caption& c) { return c.lines.size() > 1; }),
       "line breaks: lines are joined");
  miss(kPlaces, any_caption(result, [](const Caption& c) { return c.placement.has_value(); }),
       "places in the picture");
  miss(kWords, !result.words.empty(), "times of single words");
  miss(kSegments, result.captions.empty() && !result.segments.empty(),
       "speech without text: who speaks when is lost");
  const auto before_zero =
      std::count_if(result.captions.begin(), result.captions.end(),
                    [](const Caption& caption) { return caption.span.start < Timestamp::zero(); });
  if (before_zero > 0 && format.name != "json" && format.name != "txt")
    found.push_back(
        fmt::format("{} cues begin before time zero and are cut off there", before_zero));
  const bool counts_frames = format.name == "edl";
  if (counts_frames && (!result.media.video || result.media.video->frame_rate <= 0))
    found.push_back("the frame rate is not known: 25 frames per second are taken (--frame-rate)");
  return found;
}

}  // namespace attune::captions
