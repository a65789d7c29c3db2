#include "captions/result_json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "captions/encoding.h"
#include "captions/voices.h"
#include "core/error.h"

namespace attune::captions {
namespace {

using Json = nlohmann::json;

[[noreturn]] void fail(std::string_view where, std::string_view what) {
  throw Error(ErrorKind::kInput, fmt::format("JSON, {}: {}", where, what));
}

/// Takes the document apart while it is parsed: an entry of a list is used and forgotten, so that
/// memory does not hold the document.
class ResultReader {
 public:
  Result read(std::string_view text) {
    parse(text);
    if (!has_schema_) fail("the file", "is no result of attune: \"schema\" is missing");
    give_words();
    return std::move(result_);
  }

 private:
  void parse(std::string_view text) {
    const auto take = [this](int depth, Json::parse_event_t event, Json& item) {
      return keep(depth, event, item);
    };
    try {
      const Json rest = Json::parse(text.begin(), text.end(), take);
      if (!rest.is_object()) fail("the file", "is no object");
    } catch (const Json::exception& error) {
      fail("no JSON", valid_utf8(error.what()));
    }
  }

  bool keep(int depth, Json::parse_event_t event, Json& item) {
    using Event = Json::parse_event_t;
    if (depth == 1 && event == Event::key) {
      key_ = item.get<std::string>();
      entry_ = 0;
    } else if (depth == 1 && (event == Event::value || event == Event::object_end)) {
      where_ = key_;
      use([&] { member(item); });
    } else if (depth == 2 && event == Event::object_end && key_ != "media") {
      where_ = fmt::format("{}[{}]", valid_utf8(key_.substr(0, 40)), entry_++);
      use([&] { entry(item); });
      return false;
    } else if (depth == 2 && event == Event::value && key_ == "notes" && item.is_string()) {
      result_.notes.push_back(item.get<std::string>());
    }
    return true;
  }

  /// What nlohmann says about missing members and wrong types, with the place.
  template <typename Use>
  void use(Use&& use) const {
    try {
      use();
    } catch (const Json::exception& error) {
      fail(where_, valid_utf8(error.what()));
    }
  }

  Timestamp time(const Json& item, const char* name) const {
    const double seconds = item.at(name).get<double>();
    constexpr double kLongest = 1e9;
    if (!(std::abs(seconds) <= kLongest)) fail(where_, fmt::format("{} is out of range", name));
    return from_seconds(seconds);
  }

  TimeSpan span(const Json& item) const {
    const TimeSpan span{time(item, "start"), time(item, "end")};
    if (span.end < span.start) fail(where_, "it ends before its start");
    return span;
  }

  void member(const Json& item) {
    if (key_ == "schema") {
      if (item != "attune-result-1") fail(where_, "only attune-result-1 is read");
      has_schema_ = true;
    } else if (key_ == "attune") {
      result_.attune_version = item.get<std::string>();
    } else if (key_ == "complete") {
      result_.complete = item.get<bool>();
    } else if (key_ == "media") {
      media(item);
    }
  }

  void media(const Json& item) {
    MediaInfo& media = result_.media;
    media.path = item.at("path").get<std::string>();
    media.container = item.at("container").get<std::string>();
    media.span = span(item);
    if (const Json& video = item.at("video"); !video.is_null())
      media.video = {video.at("codec").get<std::string>(), video.at("width").get<int>(),
                     video.at("height").get<int>(), video.at("frame_rate").get<double>()};
    if (const Json& audio = item.at("audio"); !audio.is_null())
      media.audio = {audio.at("codec").get<std::string>(), audio.at("sample_rate").get<int>(),
                     audio.at("channels").get<int>(), audio.at("stream").get<int>(),
                     audio.at("language").get<std::string>()};
  }

  void entry(const Json& item) {
    if (key_ == "speakers") {
      result_.speakers.push_back(
          {item.at("id").get<align::SpeakerId>(), item.at("name").get<std::string>(),
           item.at("tracks").get<std::vector<align::TrackId>>(), time(item, "spoken")});
    } else if (key_ == "segments") {
      result_.segments.push_back({span(item), item.at("speaker").get<align::SpeakerId>(),
                                  item.at("tracks").get<std::vector<align::TrackId>>(),
                                  item.at("confidence").get<float>()});
    } else if (key_ == "captions") {
      caption(item);
    } else if (key_ == "words") {
      result_.words.push_back({span(item), item.at("text").get<std::string>(),
                               item.at("confidence").get<float>(),
                               item.at("speaker").get<align::SpeakerId>()});
    } else if (key_ == "sync") {
      result_.sync.push_back(
          {span(item), time(item, "offset"), item.at("confidence").get<float>()});
    } else if (key_ == "shots") {
      result_.shots.push_back({span(item), static_cast<int>(result_.shots.size())});
    }
  }

  void caption(const Json& item) {
    Caption caption;
    caption.span = span(item);
    caption.speaker = item.at("speaker").get<align::SpeakerId>();
    caption.speaker_name = item.at("name").get<std::string>();
    caption.lines = item.at("lines").get<std::vector<std::string>>();
    if (const auto voices = item.find("voices"); voices != item.end()) {
      for (const Json& voice : *voices)
        caption.line_voices.push_back(
            {voice.at("speaker").get<align::SpeakerId>(), voice.at("name").get<std::string>()});
      if (caption.line_voices.size() != caption.lines.size())
        fail(where_, "there is not one voice for each line");
    }
    if (const auto place = item.find("placement"); place != item.end()) {
      const Placement placement{place->at("x").get<double>(), place->at("y").get<double>()};
      const auto share = [](double value) { return value >= 0 && value <= 1; };
      if (!share(placement.x) || !share(placement.y)) fail(where_, "it is placed outside [0, 1]");
      caption.placement = placement;
    }
    drop_blank_lines(caption);
    if (!caption.lines.empty()) result_.captions.push_back(std::move(caption));
  }

  /// They would end a cue in other formats.
  static void drop_blank_lines(Caption& caption) {
    for (std::size_t i = caption.lines.size(); i-- > 0;) {
      if (!is_blank(caption.lines[i])) continue;
      const auto place = static_cast<std::ptrdiff_t>(i);
      caption.lines.erase(caption.lines.begin() + place);
      if (!caption.line_voices.empty())
        caption.line_voices.erase(caption.line_voices.begin() + place);
    }
  }

  void give_words() {
    std::unordered_map<align::SpeakerId, std::vector<Caption*>> captions;
    for (Caption& caption : result_.captions) {
      captions[caption.speaker].push_back(&caption);
      for (const Voice& voice : caption.line_voices)
        if (captions[voice.speaker].empty() || captions[voice.speaker].back() != &caption)
          captions[voice.speaker].push_back(&caption);
    }
    for (auto& [speaker, theirs] : captions)
      std::stable_sort(theirs.begin(), theirs.end(), [](const Caption* a, const Caption* b) {
        return a->span.start < b->span.start;
      });
    for (const align::Word& word : result_.words) {
      const Timestamp middle = word.span.start + word.span.duration() / 2;
      const std::vector<Caption*>& theirs = captions[word.speaker];
      auto after =
          std::upper_bound(theirs.begin(), theirs.end(), middle,
                           [](Timestamp t, const Caption* c) { return t < c->span.start; });
      if (after != theirs.begin() && (*--after)->span.contains(middle))
        (*after)->words.push_back(word);
    }
  }

  Result result_;
  bool has_schema_ = false;
  std::string key_;
  int entry_ = 0;
  std::string where_;
};

}  // namespace

Result read_result_json(std::string_view text) {
  return ResultReader().read(text);
}

}  // namespace attune::captions
