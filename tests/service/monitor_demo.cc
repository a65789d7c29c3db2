// monitor_demo FOLDER ADDRESS [--trouble]
//
// The HTTP interface over feeds that only seem to be: a drawn scene (attune-scene) with its ground
// truth, said as a feed would say it. FOLDER has scene.json and its pictures, 10 a second, as
// 00001.jpg and on. Until it is killed.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>

#include "live/event_json.h"
#include "service/http_server.h"
#include "tests/service/feed_double.h"

namespace attune::service {
namespace {

using nlohmann::json;

constexpr double kPeriod = 0.1;

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class DemoScene {
 public:
  explicit DemoScene(const std::filesystem::path& folder)
      : truth_(json::parse(read_whole(folder / "scene.json"))) {
    for (int i = 1;; ++i) {
      const auto path = folder / (std::string(i < 10    ? "0000"
                                              : i < 100 ? "000"
                                                        : "00") +
                                  std::to_string(i) + ".jpg");
      if (!std::filesystem::exists(path)) break;
      pictures_.push_back(read_whole(path));
    }
  }

  double length() const { return static_cast<double>(pictures_.size()) * kPeriod; }
  const json& segments() const { return truth_.at("segments"); }
  std::string name_of(const json& segment) const {
    return segment.at("on_screen")
               ? truth_.at("speakers")[segment.at("speaker").get<std::size_t>() - 1].at("name")
               : json("Off-screen");
  }

  live::MonitorView view(double at) const {
    live::MonitorView view;
    view.picture =
        pictures_[std::min(static_cast<std::size_t>(at / kPeriod), pictures_.size() - 1)];
    view.width = truth_.at("width");
    view.height = truth_.at("height");
    const json* now = nullptr;
    for (const json& segment : segments())
      if (segment.at("start") <= at && at < segment.at("end")) now = &segment;
    view.speech = now ? 0.95 : 0.03;
    double explained = 0;
    for (const json& face : truth_.at("faces")) {
      const json& box = face.at(
          "boxes")[std::min(static_cast<std::size_t>(at * 25), face.at("boxes").size() - 1)];
      if (box.is_null()) continue;
      const auto speaker = face.at("speaker").get<std::int64_t>();
      const bool speaks = now && now->at("on_screen") && now->at("speaker") == speaker;
      const double wave = 0.06 * std::sin(at * 5 + static_cast<double>(speaker));
      const double mass = std::clamp((speaks ? 0.82 : 0.05) + wave, 0.0, 1.0);
      explained += mass;
      view.faces.push_back(
          {.track = speaker,
           .speaker = speaker,
           .name = truth_.at("speakers")[static_cast<std::size_t>(speaker) - 1].at("name"),
           .x = box[0].get<double>() / view.width,
           .y = box[1].get<double>() / view.height,
           .width = box[2].get<double>() / view.width,
           .height = box[3].get<double>() / view.height,
           .speaking = speaks ? 0.9 + wave : 0.06,
           .mass = mass});
    }
    view.null_mass = std::max(0.0, 1 - explained);
    view.off_screen = now && !now->at("on_screen") ? 0.93 : 0.02;
    view.offset = std::chrono::milliseconds(42);
    view.offset_confidence = 0.87;
    return view;
  }

 private:
  json truth_;
  std::vector<std::string> pictures_;
};

class DemoFeed {
 public:
  DemoFeed(const DemoScene& scene, FeedDouble& feeds, FeedStatus status)
      : scene_(scene), feeds_(feeds), status_(std::move(status)) {
    feeds_.put(status_);
  }

  void step(double clock) {
    const auto hub = feeds_.monitor(status_.name);
    if (!hub) return;
    if (status_.state == FeedState::kRunning) {
      const double at = std::fmod(clock, scene_.length());
      live::MonitorView view = scene_.view(at);
      view.time = from_seconds(clock);
      hub->show(std::move(view));
      say(*hub, clock, at);
      status_.media_time = from_seconds(clock);
      status_.speech.results += 3;
      status_.input_bytes += 62'000;
    }
    status_.uptime = from_seconds(clock);
    feeds_.put(status_);
  }

 private:
  void say(MonitorHub& hub, double clock, double at) {
    std::int64_t id = static_cast<std::int64_t>(clock / scene_.length()) * 100;
    for (const json& segment : scene_.segments()) {
      ++id;
      const double start = segment.at("start");
      const double end = segment.at("end");
      if (at < start + 0.5 || at > end + 0.6) continue;
      auto caption = std::make_shared<captions::Caption>();
      caption->span = {from_seconds(clock - at + start), from_seconds(clock - at + end)};
      caption->speaker = segment.at("on_screen") ? segment.at("speaker").get<std::int64_t>() : 0;
      caption->speaker_name = scene_.name_of(segment);
      std::string line;
      for (const json& word : segment.at("words"))
        if (word.at("end") <= at - 0.4)
          line += (line.empty() ? "" : " ") + word.at("text").get<std::string>();
      const bool is_final = at > end + 0.45;
      if (is_final) line = segment.at("text");
      if (line.empty()) continue;
      caption->lines = {line};
      live::EventStamp stamp{.feed = status_.name, .id = id, .time = from_seconds(clock)};
      hub.take(live::caption_event(stamp, caption, is_final));
      if (is_final) ++status_.captions;
    }
  }

  const DemoScene& scene_;
  FeedDouble& feeds_;
  FeedStatus status_;
};

FeedStatus demo_status(const std::string& name) {
  FeedStatus status;
  status.name = name;
  status.source = "rtsp://***@camera.example/" + name;
  status.config = "live";
  status.state = FeedState::kRunning;
  status.speech.budget = std::chrono::seconds(2);
  status.speech.median = std::chrono::milliseconds(870);
  status.speech.p99 = std::chrono::milliseconds(1310);
  status.connections = 1;
  status.drift_ppm = -3.4;
  return status;
}

void run_demo(const std::filesystem::path& folder, const std::string& address, bool has_trouble) {
  const DemoScene scene(folder);
  FeedDouble feeds;
  std::vector<DemoFeed> shown;
  shown.emplace_back(scene, feeds, demo_status("studio-1"));
  if (has_trouble) {
    FeedStatus late = demo_status("studio-2");
    late.speech.p99 = std::chrono::milliseconds(2640);
    late.speech.late = 41;
    late.load_level = 2;
    late.load_steps = {0, 2, 2, 1, 0, 0};
    late.load_effect = "Faces are looked for half as often, and at most two are followed.";
    late.connections = 4;
    late.discontinuities = 3;
    late.pictures_dropped = 212;
    shown.emplace_back(scene, feeds, std::move(late));
    FeedStatus gone = demo_status("gate-north");
    gone.state = FeedState::kWaiting;
    gone.problem = "rtsp://***@camera.example/gate-north: connection refused. Tried again in 8 s.";
    gone.speech.p99 = gone.speech.median = std::nullopt;
    shown.emplace_back(scene, feeds, std::move(gone));
  }
  HttpServer server(feeds, {.address = address});
  std::cout << server.port() << std::endl;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0;; ++i) {
    for (DemoFeed& feed : shown) feed.step(i * kPeriod);
    std::this_thread::sleep_until(start + from_seconds((i + 1) * kPeriod));
  }
}

}  // namespace
}  // namespace attune::service

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "monitor_demo FOLDER ADDRESS [--trouble]\n";
    return 2;
  }
  attune::service::run_demo(argv[1], argv[2], argc > 3);
}
