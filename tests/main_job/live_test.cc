// Live feeds through the real program: a scene that is played as if it were live, and one that a
// real publisher sends, loses and sends again.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/cli/program_runner.h"

namespace attune::cli {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::vector<json> read_events(const std::filesystem::path& file) {
  std::vector<json> events;
  std::istringstream lines(read_text(file));
  for (std::string line; std::getline(lines, line);) events.push_back(json::parse(line));
  return events;
}

std::vector<json> events_of(const std::vector<json>& events, const std::string& kind) {
  std::vector<json> found;
  std::ranges::copy_if(events, std::back_inserter(found),
                       [&](const json& event) { return event["event"] == kind; });
  return found;
}

int free_port() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(listener, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  close(listener);
  return ntohs(address.sin_port);
}

/// A program in the background, which ends with the object.
class Background {
 public:
  explicit Background(const std::string& line) {
    const std::string command = "exec " + line;
    const char* arguments[] = {"sh", "-c", command.c_str(), nullptr};
    if (posix_spawnp(&process_, "sh", nullptr, nullptr, const_cast<char**>(arguments), environ) !=
        0)
      throw std::runtime_error("no shell");
  }
  ~Background() {
    if (process_ > 0) end(SIGKILL);
  }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  void signal(int number) const { kill(process_, number); }
  /// Its exit code, or 128 and the signal's number.
  int end(int number) {
    kill(process_, number);
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t process_ = -1;
};

template <class Condition>
bool becomes_true(const Condition& condition, std::chrono::seconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(50ms);
  }
  return true;
}

/// The scene of the sample, made once.
class LiveTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    const std::string line = ATTUNE_SCENE_PROGRAM " -o " + scene() + " --truth " +
                             (*folder_ / "truth.json").string() + " >/dev/null 2>&1";
    ASSERT_EQ(std::system(line.c_str()), 0);
  }
  static void TearDownTestSuite() { delete folder_; }
  static std::string scene() { return (*folder_ / "scene.mp4").string(); }
  /// The events of the whole scene, worked on as fast as it can be by so many threads; once for
  /// each.
  static const std::vector<json>& played(int threads) {
    static std::map<int, std::vector<json>> known;
    if (known.contains(threads)) return known.at(threads);
    const std::string name = "threads" + std::to_string(threads);
    const ProgramResult run =
        run_shell("live " + name + "=" + scene() + " -o " + folder_->path().string() +
                  " --set reconnect=false --set recording_speed=0 --set captioner=none --threads " +
                  std::to_string(threads));
    EXPECT_EQ(run.code, 0) << run.err;
    auto events = read_events(*folder_ / name / "events.jsonl");
    for (json& event : events) event["feed"] = "show";
    return known[threads] = std::move(events);
  }
  static json truth() { return json::parse(read_text(*folder_ / "truth.json")); }

  TemporaryFolder out;

 private:
  static inline TemporaryFolder* folder_ = nullptr;
};

TEST_F(LiveTest, SaysWhoSpeaksOfARecordingPlayedAsAFeed) {
  const auto segments = events_of(played(1), "segment");
  // What a turn is found as most of the time: somebody visible, another one for the other, nobody
  // for the voice that nobody has.
  std::map<int, std::map<int, double>> shares;
  double spoken = 0, found = 0;
  const json scene_truth = truth();
  for (const json& turn : scene_truth["segments"]) {
    const int who = turn["speaker"].is_null() ? 0 : turn["speaker"].get<int>();
    spoken += turn["end"].get<double>() - turn["start"].get<double>();
    for (const json& segment : segments) {
      const double common = std::min(turn["end"].get<double>(), segment["end"].get<double>()) -
                            std::max(turn["start"].get<double>(), segment["start"].get<double>());
      if (common > 0) shares[who][segment["speaker"].get<int>()] += common;
    }
  }
  std::map<int, int> best;
  for (const auto& [who, by_speaker] : shares) {
    const auto most =
        std::ranges::max_element(by_speaker, {}, [](const auto& s) { return s.second; });
    best[who] = most->first;
    found += most->second;
  }
  EXPECT_EQ(best.at(0), 0);
  EXPECT_NE(best.at(1), 0);
  EXPECT_NE(best.at(2), 0);
  EXPECT_NE(best.at(1), best.at(2));
  EXPECT_GT(found, 0.85 * spoken);
  for (const json& segment : segments) EXPECT_TRUE(segment["final"].get<bool>());
}

TEST_F(LiveTest, AStretchIsToldWhileItGoesOnAndThenOnceForAll) {
  std::map<int, std::vector<json>> by_id;
  for (const json& event : played(1))
    if (event["event"] == "segment" || event["event"] == "speaking")
      by_id[event["id"].get<int>()].push_back(event);
  ASSERT_FALSE(by_id.empty());
  int told_early = 0;
  for (const auto& [id, versions] : by_id) {
    for (std::size_t i = 0; i + 1 < versions.size(); ++i) {
      EXPECT_EQ(versions[i]["event"], "speaking");
      EXPECT_EQ(versions[i]["speaker"], versions.back()["speaker"]);
      ++told_early;
    }
  }
  EXPECT_GT(told_early, 2);
}

TEST_F(LiveTest, TheLastThingToldIsTheEndOfTheFeed) {
  const json& last = played(1).back();
  EXPECT_EQ(last["event"], "feed");
  EXPECT_EQ(last["state"], "ended");
}

TEST_F(LiveTest, TheNumberOfThreadsMakesNoDifference) {
  const auto found = [&](int threads) {
    std::vector<json> events;
    for (json event : played(threads)) {
      if (event["event"] == "feed") continue;
      event.erase("wall");
      events.push_back(event);
    }
    return events;
  };
  EXPECT_EQ(found(1), found(3));
}

TEST_F(LiveTest, AFeedThatIsLostIsConnectedToAgain) {
  const int port = free_port();
  const std::string publisher = "ffmpeg -nostdin -v error -re -i " + scene() +
                                " -c copy -f mpegts 'tcp://127.0.0.1:" + std::to_string(port) +
                                "?listen=1'";
  const auto log = out / "feed/events.jsonl";
  const auto news = [&](const std::string& state) {
    if (!std::filesystem::exists(log)) return false;
    return std::ranges::any_of(read_events(log), [&](const json& event) {
      return event["event"] == "feed" && event["state"] == state;
    });
  };
  const auto count_running = [&] {
    return std::filesystem::exists(log)
               ? std::ranges::count_if(read_events(log),
                                       [](const json& event) {
                                         return event["event"] == "feed" &&
                                                event["state"] == "running";
                                       })
               : 0;
  };
  Background program("'" ATTUNE_PROGRAM "' -q live tcp://127.0.0.1:" + std::to_string(port) +
                     " -o " + out.path().string() +
                     " --set captioner=none --set first_delay=100ms --set stall_timeout=2s 2>" +
                     (out / "err").string());
  {
    Background sender(publisher + " 2>/dev/null");
    ASSERT_TRUE(becomes_true([&] { return count_running() == 1; }, 20s)) << read_text(out / "err");
    std::this_thread::sleep_for(3s);
  }
  ASSERT_TRUE(becomes_true([&] { return news("waiting") || news("connecting"); }, 10s));
  const std::string before = read_text(log);
  Background sender(publisher + " 2>/dev/null");
  ASSERT_TRUE(becomes_true([&] { return count_running() == 2; }, 20s)) << read_text(out / "err");
  EXPECT_EQ(program.end(SIGTERM), 143);
  // What was there is there, and the clock goes on.
  EXPECT_TRUE(read_text(log).starts_with(before));
  EXPECT_EQ(read_events(log).back()["state"], "ended");
  double last = 0;
  for (const json& event : events_of(read_events(log), "segment")) {
    EXPECT_GE(event["time"].get<double>(), last);
    last = event["time"].get<double>();
  }
}

TEST_F(LiveTest, APipelineIsReadAgainWithoutLosingTheFeed) {
  const auto config = out / "mine.yaml";
  std::string text = read_text(ATTUNE_SOURCE_DIR "/configs/live.yaml");
  std::ofstream(config) << text;
  const auto log = out / "show/events.jsonl";
  Background program("'" ATTUNE_PROGRAM "' -q live show=" + scene() + " -o " + out.path().string() +
                     " --config " + config.string() + " --set captioner=none 2>" +
                     (out / "err").string());
  const auto has_speech = [&](const std::filesystem::path& file) {
    return std::filesystem::exists(file) && !events_of(read_events(file), "speaking").empty();
  };
  ASSERT_TRUE(becomes_true([&] { return has_speech(log); }, 20s)) << read_text(out / "err");
  text.replace(text.find("events: events.jsonl"), 20, "events: renamed.jsonl");
  std::ofstream(config) << text;
  program.signal(SIGHUP);
  ASSERT_TRUE(becomes_true([&] { return has_speech(out / "show/renamed.jsonl"); }, 20s));
  // A mistake is told, and what runs goes on.
  std::ofstream(config) << "nodes: {a: {type: nothing_of_the_kind}}";
  program.signal(SIGHUP);
  ASSERT_TRUE(becomes_true(
      [&] { return read_text(out / "err").find("as it was goes on") != std::string::npos; }, 10s));
  // So it does after one that only the nodes can see.
  text.replace(text.find("speakers_file: \"\""), 17, "speakers_file: missing.yaml");
  std::ofstream(config) << text;
  program.signal(SIGHUP);
  ASSERT_TRUE(becomes_true(
      [&] {
        const std::string err = read_text(out / "err");
        return err.find("as it was goes on", err.find("missing.yaml") - 100) != std::string::npos;
      },
      10s));
  const auto renamed = out / "show/renamed.jsonl";
  const std::size_t told = read_events(renamed).size();
  EXPECT_TRUE(becomes_true([&] { return read_events(renamed).size() > told; }, 20s))
      << read_text(out / "err");
  EXPECT_EQ(program.end(SIGINT), 130);
  const auto running = events_of(read_events(log), "feed");
  EXPECT_EQ(
      std::ranges::count_if(running, [](const json& event) { return event["state"] == "running"; }),
      1);
}

TEST_F(LiveTest, AFeedAddedOverHttpWritesIntoItsFolderAlone) {
  const int port = free_port();
  Background program("'" ATTUNE_PROGRAM "' -q live -o " + out.path().string() +
                     " --http 127.0.0.1:" + std::to_string(port) + " 2>" + (out / "err").string());
  httplib::Client http("127.0.0.1", port);
  ASSERT_TRUE(becomes_true([&] { return http.Get("/healthz") != nullptr; }, 20s));
  const auto post = [&](const std::string& source, const json& settings) {
    json request = {{"name", "show"}, {"source", source}, {"settings", settings}};
    request["settings"]["captioner"] = "none";
    return http.Post("/feeds", request.dump(), "application/json")->status;
  };
  const auto feed = [&] { return json::parse(http.Get("/feeds/show")->body); };
  EXPECT_EQ(post("-", {}), 400) << "the service's standard input";
  const auto outside = out / "outside.vtt";
  ASSERT_EQ(post(scene(), {{"captions", outside.string()}}), 201);
  ASSERT_TRUE(becomes_true([&] { return feed()["state"] == "failed"; }, 20s));
  EXPECT_THAT(feed()["problem"].get<std::string>(), HasSubstr("its own folder"));
  EXPECT_FALSE(std::filesystem::exists(outside));
  // When it is removed all is written, and the name is free.
  ASSERT_EQ(http.Delete("/feeds/show")->status, 204);
  EXPECT_EQ(read_events(out / "show/events.jsonl").back()["state"], "failed");
  ASSERT_EQ(post(scene(), {{"captions", "mine.vtt"}}), 201);
  ASSERT_TRUE(becomes_true([&] { return feed()["state"] == "running"; }, 20s));
  ASSERT_EQ(http.Delete("/feeds/show")->status, 204);
  EXPECT_TRUE(std::filesystem::exists(out / "show/mine.vtt"));
  EXPECT_EQ(read_events(out / "show/events.jsonl").back()["state"], "ended");
  EXPECT_EQ(http.Get("/feeds/show")->status, 404);
  EXPECT_EQ(program.end(SIGTERM), 143);
}

TEST_F(LiveTest, WhatCannotWorkIsToldBeforeAnythingBegins) {
  const std::string folder = " -o " + out.path().string();
  const ProgramResult scheme = run_shell("live gopher://host/1" + folder);
  EXPECT_EQ(scheme.code, 2);
  EXPECT_THAT(scheme.err, HasSubstr("gopher"));
  const ProgramResult hurry = run_shell("live udp://127.0.0.1:1 --set latency=1s" + folder);
  EXPECT_EQ(hurry.code, 2);
  EXPECT_THAT(hurry.err, HasSubstr("hearing"));
  const ProgramResult nothing = run_shell("live" + folder);
  EXPECT_EQ(nothing.code, 2);
  const ProgramResult open_to_all = run_shell("live --http 0.0.0.0:0" + folder);
  EXPECT_EQ(open_to_all.code, 2);
  EXPECT_THAT(open_to_all.err, HasSubstr("token"));
  const ProgramResult no_feed = run_shell("live udp://127.0.0.1:1 --config caption" + folder);
  EXPECT_EQ(no_feed.code, 2);
  EXPECT_THAT(no_feed.err, HasSubstr("latency"));
}

TEST_F(LiveTest, SecretsOfARefusedAddressAreNeverShown) {
  Background program(
      "'" ATTUNE_PROGRAM "' live rtsp://anna:s3cretword@127.0.0.1:" + std::to_string(free_port()) +
      "/1 -o " + out.path().string() + " --set captioner=none 2>" + (out / "err").string());
  const auto log = out / "feed/events.jsonl";
  ASSERT_TRUE(becomes_true(
      [&] {
        return std::filesystem::exists(log) && read_text(log).find("waiting") != std::string::npos;
      },
      10s));
  EXPECT_EQ(program.end(SIGTERM), 143);
  EXPECT_THAT(read_text(log) + read_text(out / "err"), Not(HasSubstr("s3cretword")));
}

}  // namespace
}  // namespace attune::cli
