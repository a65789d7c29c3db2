#include "samples/scene/truth.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace attune::scene {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFacesPerSecond = 25;
constexpr double kShortestSilence = 0.3;  // seconds

/// Seconds to the millisecond. Through an integer, so that the shortest text comes out.
Json milliseconds(double seconds) {
  return static_cast<double>(std::llround(seconds * 1000)) / 1000.0;
}

Json tenths(double pixels) {
  return static_cast<double>(std::llround(pixels * 10)) / 10.0;
}

Json speakers_json(const Screenplay& play) {
  Json speakers = Json::array();
  for (int i = 0; i < play.speakers; ++i) {
    const Character& character = characters()[static_cast<std::size_t>(i)];
    const char* side = play.speakers == 1 ? "middle" : i == 0 ? "left" : "right";
    speakers.push_back(
        {{"id", i + 1}, {"name", character.name}, {"voice", character.voice}, {"side", side}});
  }
  return speakers;
}

Json segments_json(const Screenplay& play, double offset_s) {
  Json segments = Json::array();
  for (const Turn& turn : play.turns) {
    const bool on_screen = turn.character != kOffScreen;
    Json words = Json::array();
    for (const TimedName& word : turn.speech.words) {
      words.push_back({{"text", word.name},
                       {"start", milliseconds(turn.start + offset_s + word.start)},
                       {"end", milliseconds(turn.start + offset_s + word.end)}});
    }
    segments.push_back({{"start", milliseconds(turn.start + offset_s)},
                        {"end", milliseconds(turn.end() + offset_s)},
                        {"speaker", on_screen ? Json(turn.character + 1) : Json(nullptr)},
                        {"on_screen", on_screen},
                        {"voice", characters()[static_cast<std::size_t>(turn.character)].voice},
                        {"text", turn.text},
                        {"words", std::move(words)}});
  }
  return segments;
}

Json silences_json(const Screenplay& play, double offset_s, double duration) {
  Json silences = Json::array();
  double from = 0;
  const auto add = [&](double to) {
    if (to - from >= kShortestSilence) {
      silences.push_back({{"start", milliseconds(from)}, {"end", milliseconds(to)}});
    }
  };
  for (const Turn& turn : play.turns) {
    add(turn.start + offset_s);
    from = turn.end() + offset_s;
  }
  add(duration);
  return silences;
}

/// Shots begin with the first picture that shows them.
Json shots_json(const Screenplay& play, const FrameRate& rate, double duration) {
  Json shots = Json::array();
  const auto first_picture = [&](double time) {
    const long index = rate.index_at(time);
    return rate.time_of(rate.time_of(index) < time ? index + 1 : index);
  };
  for (const Shot& shot : play.shots) {
    const double end = &shot == &play.shots.back() ? duration : first_picture(shot.end);
    shots.push_back({{"start", milliseconds(first_picture(shot.start))},
                     {"end", milliseconds(end)},
                     {"close_up", shot.close_up ? Json(*shot.close_up + 1) : Json(nullptr)}});
  }
  return shots;
}

Json faces_json(const Screenplay& play, const Stage& stage, const FrameRate& rate,
                double duration) {
  std::vector<Json> boxes(static_cast<std::size_t>(play.speakers), Json::array());
  std::vector<Json> landmarks(static_cast<std::size_t>(play.speakers), Json::array());
  for (long tick = 0; static_cast<double>(tick) / kFacesPerSecond < duration - 1e-9; ++tick) {
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      boxes[i].push_back(nullptr);
      landmarks[i].push_back(nullptr);
    }
    const double shown = rate.time_of(rate.index_at(static_cast<double>(tick) / kFacesPerSecond));
    for (const VisibleFace& face : stage.faces(shown)) {
      const auto i = static_cast<std::size_t>(face.character);
      const FaceGeometry& g = face.geometry;
      boxes[i].back() = {tenths(g.top_left.x), tenths(g.top_left.y),
                         tenths(g.bottom_right.x - g.top_left.x),
                         tenths(g.bottom_right.y - g.top_left.y)};
      Json points = Json::array();
      for (const Point& p : g.landmarks) {
        points.push_back(tenths(p.x));
        points.push_back(tenths(p.y));
      }
      landmarks[i].back() = std::move(points);
    }
  }
  Json faces = Json::array();
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    faces.push_back({{"speaker", i + 1},
                     {"boxes", std::move(boxes[i])},
                     {"landmarks", std::move(landmarks[i])}});
  }
  return faces;
}

}  // namespace

long FrameRate::index_at(double time) const {
  return static_cast<long>(std::floor(time * numerator / denominator + 1e-6));
}

nlohmann::ordered_json truth_of(const Screenplay& play, const Stage& stage,
                                const TruthInput& input) {
  const double offset_s = input.offset_ms / 1000.0;
  const long pictures = input.rate.index_at(play.duration);
  const double duration = input.rate.time_of(pictures);
  return {
      {"schema", "attune-scene/1"},
      {"media", input.media},
      {"duration", milliseconds(duration)},
      {"fps", std::to_string(input.rate.numerator) + "/" + std::to_string(input.rate.denominator)},
      {"pictures", pictures},
      {"width", input.size.width},
      {"height", input.size.height},
      {"offset_ms", input.offset_ms},
      {"seed", input.seed},
      {"speakers", speakers_json(play)},
      {"segments", segments_json(play, offset_s)},
      {"silences", silences_json(play, offset_s, duration)},
      {"shots", shots_json(play, input.rate, duration)},
      {"faces_per_second", kFacesPerSecond},
      {"faces", faces_json(play, stage, input.rate, duration)}};
}

}  // namespace attune::scene
