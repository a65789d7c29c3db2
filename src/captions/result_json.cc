#include "captions/result_json.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <span>

#include "captions/entity_json.h"
#include "captions/json_text.h"

namespace attune::captions {
namespace {

class ResultWriter {
 public:
  explicit ResultWriter(const Result& result) : result_(result) {}

  std::string write() {
    put("{{\n\"schema\": \"attune-result-1\",\n\"attune\": {},\n\"complete\": {},\n",
        json_string(result_.attune_version), result_.complete);
    list("notes", result_.notes, [this](const std::string& note) { text_ += json_string(note); });
    media();
    list("models", result_.models, [this](const ModelUsed& model) {
      put(R"({{"role": {}, "name": {}, "sha256": {}}})", json_string(model.role),
          json_string(model.name), json_string(model.sha256));
    });
    list("speakers", result_.speakers, [this](const Speaker& speaker) {
      put(R"({{"id": {}, "name": {}, "tracks": [{}], "spoken": {}}})", speaker.id,
          json_string(speaker.name), fmt::join(speaker.tracks, ", "), json_seconds(speaker.spoken));
    });
    entities("segments", result_.segments);
    entities("captions", result_.captions);
    entities("words", result_.words);
    entities("sync", result_.sync);
    list("shots", result_.shots,
         [this](const align::Shot& shot) { put("{{{}}}", json_members(shot.span)); });
    put("\"tick\": {},\n\"tick_origin\": {},\n", json_seconds(kTokenPeriod),
        json_seconds(result_.tick_origin));
    list("tracks", result_.tracks, [this](const TrackRecord& item) { track(item); });
    text_.erase(text_.size() - 2);
    text_ += "\n}\n";
    return std::move(text_);
  }

 private:
  template <typename... Arguments>
  void put(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
  }

  /// "name": [ one item a line ], and the comma.
  template <typename Items, typename WriteItem>
  void list(std::string_view name, const Items& items, WriteItem write_item) {
    put("\"{}\": [", name);
    bool first = true;
    for (const auto& item : items) {
      text_ += first ? "\n  " : ",\n  ";
      first = false;
      write_item(item);
    }
    text_ += first ? "],\n" : "\n],\n";
  }

  template <typename Entities>
  void entities(std::string_view name, const Entities& entities) {
    list(name, entities, [this](const auto& entity) { text_ += '{' + json_members(entity) + '}'; });
  }

  void media() {
    const MediaInfo& media = result_.media;
    put("\"media\": {{\"path\": {}, \"container\": {}, {},\n", json_string(media.path),
        json_string(media.container), json_members(media.span));
    if (media.video) {
      put("  \"video\": {{\"codec\": {}, \"width\": {}, \"height\": {}, \"frame_rate\": {}}},\n",
          json_string(media.video->codec), media.video->width, media.video->height,
          json_number(media.video->frame_rate, 3));
    } else {
      text_ += "  \"video\": null,\n";
    }
    if (media.audio) {
      put("  \"audio\": {{\"codec\": {}, \"sample_rate\": {}, \"channels\": {}, \"stream\": {}, "
          "\"language\": {}}}}},\n",
          json_string(media.audio->codec), media.audio->sample_rate, media.audio->channels,
          media.audio->stream, json_string(media.audio->language));
    } else {
      text_ += "  \"audio\": null},\n";
    }
  }

  void track(const TrackRecord& track) {
    put(R"({{"id": {}, "speaker": {}, "first_tick": {},)", track.id, track.speaker, track.first);
    text_ += "\n    \"boxes\": [";
    for (std::size_t i = 0; i < track.boxes.size(); ++i) {
      const align::Box& box = track.boxes[i];
      put("{}[{},{},{},{}]", i > 0 ? "," : "", json_number(box.x, 0), json_number(box.y, 0),
          json_number(box.width, 0), json_number(box.height, 0));
    }
    text_ += "],\n    \"speaking\": ";
    numbers(track.speaking, [](float logit) { return 1 / (1 + std::exp(-double{logit})); });
    text_ += ",\n    \"mass\": ";
    numbers(track.mass, [](float mass) { return double{mass}; });
    text_ += '}';
  }

  template <typename Transform>
  void numbers(std::span<const float> values, Transform transform) {
    text_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) text_ += ',';
      text_ += json_number(transform(values[i]), 3);
    }
    text_ += ']';
  }

  const Result& result_;
  std::string text_;
};

}  // namespace

std::string write_result_json(const Result& result) {
  return ResultWriter(result).write();
}

}  // namespace attune::captions
