#include "captions/otio.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "captions/json_text.h"
#include "captions/timecode.h"
#include "captions/voices.h"

namespace attune::captions {
namespace {

std::string_view otio_colour(align::SpeakerId speaker) {
  constexpr std::array<std::string_view, 6> kColours = {"YELLOW", "CYAN",   "GREEN",
                                                        "PINK",   "ORANGE", "BLUE"};
  if (speaker <= 0) return "WHITE";
  return kColours[static_cast<std::size_t>(speaker - 1) % kColours.size()];
}

class OtioWriter {
 public:
  explicit OtioWriter(const Result& result) : result_(result), rate_(rate_of(result)) {}

  std::string write() {
    Timestamp end = result_.media.span.end;
    for (const Caption& caption : result_.captions) end = std::max(end, caption.span.end);
    end = std::max(end, Timestamp::zero());
    const std::string name = json_string(recording_name(result_.media));
    put(R"({{"OTIO_SCHEMA": "Timeline.1", "metadata": {{"attune": {{"version": {}}}}}, "name": {},)",
        json_string(result_.attune_version), name);
    put("\n\"global_start_time\": null, \"tracks\": {{\"OTIO_SCHEMA\": \"Stack.1\", "
        "\"metadata\": {{}}, \"name\": \"tracks\",\n\"source_range\": null, \"effects\": [], "
        "\"enabled\": true, \"markers\": [");
    markers();
    put("],\n\"children\": [{{\"OTIO_SCHEMA\": \"Track.1\", \"metadata\": {{}}, \"name\": "
        "\"recording\", \"kind\": \"{}\", \"source_range\": null,\n\"effects\": [], \"markers\": "
        "[], "
        "\"enabled\": true, \"children\": [",
        result_.media.audio && !result_.media.video ? "Audio" : "Video");
    put(R"({{"OTIO_SCHEMA": "Clip.1", "metadata": {{}}, "name": {}, "source_range": )", name);
    range({Timestamp::zero(), end});
    put(",\n\"effects\": [], \"markers\": [], \"enabled\": true, \"media_reference\": "
        "{}}}]}}]}}}}\n",
        reference());
    return std::move(text_);
  }

 private:
  static double rate_of(const Result& result) {
    const double rate = result.media.video ? result.media.video->frame_rate : 0;
    constexpr double kMilliseconds = 1000;
    return rate > 0 ? Timecode(rate).frame_rate() : kMilliseconds;
  }

  template <typename... Arguments>
  void put(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
  }

  std::string rational(Duration time) const {
    return fmt::format(R"({{"OTIO_SCHEMA": "RationalTime.1", "rate": {}, "value": {}}})",
                       json_number(rate_, 6), json_number(to_seconds(time) * rate_, 6));
  }

  void range(TimeSpan span) {
    span.start = std::chrono::round<std::chrono::milliseconds>(span.start);
    span.end = std::chrono::round<std::chrono::milliseconds>(span.end);
    put(R"({{"OTIO_SCHEMA": "TimeRange.1", "start_time": {}, "duration": {}}})",
        rational(span.start), rational(span.duration()));
  }

  void markers() {
    bool first = true;
    for (const Caption& caption : result_.captions) {
      if (caption.span.end <= Timestamp::zero()) continue;
      for (const VoiceLines& voice : voices_of(caption)) {
        put("{}\n{{\"OTIO_SCHEMA\": \"Marker.2\", \"metadata\": {{}}, \"name\": {}, \"color\": "
            "\"{}\",\n\"comment\": {}, \"marked_range\": ",
            first ? "" : ",", json_string(voice.voice.name), otio_colour(voice.voice.speaker),
            json_string(joined(voice.lines, "\n")));
        range({std::max(caption.span.start, Timestamp::zero()), caption.span.end});
        text_ += '}';
        first = false;
      }
    }
  }

  std::string reference() const {
    if (result_.media.path.empty())
      return R"({"OTIO_SCHEMA": "MissingReference.1", "metadata": {}, "name": "", )"
             R"("available_range": null})";
    return fmt::format(R"({{"OTIO_SCHEMA": "ExternalReference.1", "metadata": {{}}, "name": "", )"
                       R"("available_range": null, "target_url": {}}})",
                       json_string(result_.media.path));
  }

  const Result& result_;
  double rate_;
  std::string text_;
};

}  // namespace

std::string write_otio(const Result& result) {
  return OtioWriter(result).write();
}

}  // namespace attune::captions
