#include "captions/caption_result.h"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace attune::captions {
namespace {

constexpr std::string_view kOffScreen = "Off-screen";

class SpeakerCount {
 public:
  explicit SpeakerCount(Result& result) : result_(result) {}

  /// The number of the person of this name, who speaks during `span`.
  align::SpeakerId add(const std::string& name, const TimeSpan& span) {
    if (name.empty()) return 0;
    const auto [found, is_new] = places_.try_emplace(name, result_.speakers.size());
    if (is_new) result_.speakers.push_back({name == kOffScreen ? 0 : ++people_, name, {}, {}});
    Speaker& speaker = result_.speakers[found->second];
    speaker.spoken += span.duration();
    result_.segments.push_back({span, speaker.id, {}, 1});
    return speaker.id;
  }

 private:
  Result& result_;
  /// Index into the speakers of each name.
  std::unordered_map<std::string, std::size_t> places_;
  align::SpeakerId people_ = 0;
};

void add_voices(Caption& caption, SpeakerCount& speakers) {
  std::vector<std::pair<std::string, align::SpeakerId>> heard;
  for (Voice& voice : caption.line_voices) {
    const auto same = [&voice](const auto& entry) { return entry.first == voice.name; };
    const auto found = std::find_if(heard.begin(), heard.end(), same);
    if (found == heard.end()) {
      voice.speaker = speakers.add(voice.name, caption.span);
      heard.emplace_back(voice.name, voice.speaker);
    } else {
      voice.speaker = found->second;
    }
  }
  caption.speaker = caption.line_voices.front().speaker;
  caption.speaker_name = caption.line_voices.front().name;
}

}  // namespace

Result result_of(std::vector<Caption> captions) {
  Result result;
  SpeakerCount speakers(result);
  for (Caption& caption : captions) {
    result.media.span.end = std::max(result.media.span.end, caption.span.end);
    if (caption.line_voices.empty()) {
      caption.speaker = speakers.add(caption.speaker_name, caption.span);
    } else {
      add_voices(caption, speakers);
    }
  }
  result.captions = std::move(captions);
  return result;
}

}  // namespace attune::captions
