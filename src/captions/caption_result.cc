#include "captions/caption_result.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace attune::captions {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kOffScreen = "Off-screen";

class SpeakerCount {
 public:
  explicit SpeakerCount(Result& result) : result_(result) {}

  /// The person of this name, who is new or known; nothing is said yet.
  Speaker& find(const std::string& name) {
    const auto [found, is_new] = places_.try_emplace(name, result_.speakers.size());
    if (is_new) result_.speakers.push_back({name == kOffScreen ? 0 : ++people_, name, {}, {}});
    return result_.speakers[found->second];
  }

  /// The number of the person of this name, who speaks during `span`.
  align::SpeakerId add(const std::string& name, const TimeSpan& span) {
    if (name.empty()) return 0;
    Speaker& speaker = find(name);
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
  std::unordered_map<std::string, align::SpeakerId> heard;
  for (Voice& voice : caption.line_voices) {
    const auto found = heard.find(voice.name);
    voice.speaker = found != heard.end() ? found->second : speakers.add(voice.name, caption.span);
    heard.emplace(voice.name, voice.speaker);
  }
  caption.speaker = caption.line_voices.front().speaker;
  caption.speaker_name = caption.line_voices.front().name;
}

void in_milliseconds(TimeSpan& span) {
  span.start = std::chrono::round<milliseconds>(span.start);
  span.end =
      std::max<Timestamp>(std::chrono::round<milliseconds>(span.end), span.start + milliseconds(1));
}

void add_words(std::vector<NamedWord> words, SpeakerCount& speakers, Result& result) {
  for (NamedWord& named : words) {
    in_milliseconds(named.word.span);
    named.word.speaker = named.speaker.empty() ? 0 : speakers.find(named.speaker).id;
    result.words.push_back(std::move(named.word));
  }
  std::stable_sort(result.words.begin(), result.words.end(),
                   [](const auto& a, const auto& b) { return a.span.start < b.span.start; });
}

}  // namespace

Result result_of(std::vector<Caption> captions, std::vector<NamedWord> words) {
  std::erase_if(captions, [](const Caption& caption) { return caption.lines.empty(); });
  for (Caption& caption : captions) in_milliseconds(caption.span);
  std::stable_sort(captions.begin(), captions.end(),
                   [](const auto& a, const auto& b) { return a.span.start < b.span.start; });
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
  add_words(std::move(words), speakers, result);
  result.captions = std::move(captions);
  return result;
}

}  // namespace attune::captions
