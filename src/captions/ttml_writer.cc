#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "captions/cue_settings.h"
#include "captions/cue_times.h"
#include "captions/json_text.h"
#include "captions/speaker_colours.h"
#include "captions/ttml.h"
#include "captions/ttml_names.h"
#include "captions/utf8.h"
#include "captions/voices.h"
#include "captions/xml_writer.h"

namespace attune::captions {
namespace {

enum class TtmlProfile { kImsc, kEbuTtD };

std::string in_percent(double share) {
  return json_number(share * 100, 2) + "%";
}

std::string id(std::string_view what, align::SpeakerId number) {
  return fmt::format("{}{}", what, number);
}

/// xml:space="default" would change such a line.
bool has_counting_blanks(const std::string& line) {
  return line.starts_with(' ') || line.ends_with(' ') || line.find("  ") != std::string::npos ||
         line.find('\t') != std::string::npos;
}

class TtmlWriter {
 public:
  TtmlWriter(const Result& result, TtmlProfile profile)
      : result_(result), profile_(profile), names_(named_speakers(result)) {}

  std::string write() {
    root();
    head();
    body();
    xml_.end();
    return xml_.finish();
  }

 private:
  using Place = std::pair<std::string, std::string>;

  void root() {
    const std::string& audio = result_.media.audio ? result_.media.audio->language : "";
    const std::string& language = result_.media.language;
    xml_.start("tt")
        .attribute("xmlns", kTtml)
        .attribute("xmlns:ttp", kTtmlParameter)
        .attribute("xmlns:tts", kTtmlStyling)
        .attribute("xmlns:ttm", kTtmlMetadata);
    if (profile_ == TtmlProfile::kEbuTtD) xml_.attribute("xmlns:ebuttm", "urn:ebu:tt:metadata");
    xml_.attribute("xml:lang", language.empty() ? audio : language);
    xml_.attribute("ttp:timeBase", "media").attribute("ttp:cellResolution", "32 15");
    if (profile_ == TtmlProfile::kImsc)
      xml_.attribute("ttp:contentProfiles", "http://www.w3.org/ns/ttml/profile/imsc1.1/text");
  }

  void head() {
    xml_.new_line().start("head");
    metadata();
    styling();
    layout();
    xml_.end();
  }

  void metadata() {
    xml_.new_line().start("metadata");
    if (const std::string title = recording_name(result_.media); !title.empty())
      xml_.new_line().start("ttm:title").text(title).end();
    for (const auto& [speaker, name] : names_) {
      xml_.new_line().start("ttm:agent").attribute("xml:id", id("agent", speaker));
      xml_.attribute("type", "person").start("ttm:name").attribute("type", "full");
      xml_.text(single_line(name)).end().end();
    }
    if (profile_ == TtmlProfile::kEbuTtD) {
      xml_.new_line().start("ebuttm:documentMetadata").start("ebuttm:conformsToStandard");
      xml_.text("urn:ebu:tt:distribution:2018-04").end().end();
    }
    xml_.end();
  }

  void styling() {
    xml_.new_line().start("styling");
    xml_.new_line().start("style").attribute("xml:id", "plain");
    xml_.attribute("tts:fontFamily", "proportionalSansSerif").attribute("tts:fontSize", "100%");
    xml_.attribute("tts:lineHeight", "normal").attribute("tts:textAlign", "center");
    xml_.attribute("tts:color", colour_of(0)).attribute("tts:backgroundColor", "#000000c2").end();
    for (const auto& [speaker, name] : names_) {
      xml_.new_line().start("style").attribute("xml:id", id("voice", speaker));
      xml_.attribute("tts:color", colour_of(speaker)).end();
    }
    xml_.end();
  }

  void region(const std::string& name, const Place& place) {
    xml_.new_line().start("region").attribute("xml:id", name);
    xml_.attribute("tts:origin", place.first).attribute("tts:extent", place.second);
    xml_.attribute("tts:displayAlign", "after").attribute("tts:overflow", "visible").end();
  }

  /// As wide as the picture allows around the middle of the cue, from the top down to the foot of
  /// its lowest line.
  static Place place_of(const Placement& placement) {
    const double x = std::clamp(placement.x, kLeastHalfWidth, 1 - kLeastHalfWidth);
    const double half = std::min(x, 1 - x);
    const double foot = std::clamp(placement.y + 0.5 / kTtmlRows, 2 / kTtmlRows, 1.0);
    return {in_percent(x - half) + " 0%", in_percent(2 * half) + " " + in_percent(foot)};
  }

  void layout() {
    xml_.new_line().start("layout");
    region("usual", {"10% 10%", "80% 80%"});
    for (const Caption& caption : result_.captions) {
      if (!caption.placement) continue;
      const Place place = place_of(*caption.placement);
      const auto next = static_cast<align::SpeakerId>(regions_.size()) + 1;
      const auto [found, is_new] = regions_.try_emplace(place, id("place", next));
      if (is_new) region(found->second, place);
    }
    xml_.end();
  }

  void body() {
    xml_.new_line().start("body").attribute("style", "plain");
    xml_.new_line().start("div");
    for (const Caption& caption : result_.captions)
      if (caption.span.end > Timestamp::zero()) paragraph(caption);
    xml_.end().end();
  }

  void paragraph(const Caption& caption) {
    xml_.new_line().start("p").attribute("xml:id", id("c", ++paragraphs_));
    xml_.attribute("begin", cue_time(caption.span.start, '.'));
    xml_.attribute("end", cue_time(caption.span.end, '.'));
    xml_.attribute("region",
                   caption.placement ? regions_.at(place_of(*caption.placement)) : "usual");
    if (std::any_of(caption.lines.begin(), caption.lines.end(), has_counting_blanks))
      xml_.attribute("xml:space", "preserve");
    bool first = true;
    for (const VoiceLines& voice : voices_of(caption)) {
      for (const std::string& line : voice.lines) {
        if (!first) xml_.start("br").end();
        first = false;
        span(voice.voice, line);
      }
    }
    xml_.end();
  }

  void span(const Voice& voice, const std::string& line) {
    xml_.start("span");
    if (!voice.name.empty()) {
      xml_.attribute("style", id("voice", voice.speaker));
      xml_.attribute("ttm:agent", id("agent", voice.speaker));
    }
    xml_.text(single_line(line)).end();
  }

  const Result& result_;
  TtmlProfile profile_;
  std::map<align::SpeakerId, std::string> names_;
  /// Names of regions by origin and extent.
  std::map<Place, std::string> regions_;
  std::int64_t paragraphs_ = 0;
  XmlWriter xml_;
};

}  // namespace

std::string write_ttml(const Result& result) {
  return TtmlWriter(result, TtmlProfile::kImsc).write();
}

std::string write_ebu_tt_d(const Result& result) {
  return TtmlWriter(result, TtmlProfile::kEbuTtD).write();
}

}  // namespace attune::captions
