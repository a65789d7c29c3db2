// A recording that is worked on in parts has the results that it has as a whole.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>

#include "tests/cli/program_runner.h"

namespace attune::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class SplitJob : public testing::Test {
 protected:
  /// Two and a half minutes of people who take turns, with cuts, made of a short scene.
  void SetUp() override {
    fs::create_directory(folder_ / "in");
    shell(ATTUNE_SCENE_PROGRAM " -o " + path("scene.mp4") +
          " --turns 3 --parts dialogue,closing --size 320x180 >/dev/null 2>&1");
    shell("ffmpeg -v error -y -stream_loop 30 -i " + path("scene.mp4") + " -t 150 -c copy " +
          path("in/long.mp4"));
  }

  std::string path(const std::string& name) const { return folder_ / name; }
  static void shell(const std::string& line) {
    if (std::system(line.c_str()) != 0) throw std::runtime_error("failed: " + line);
  }

  ProgramResult batch(const std::string& out, const std::string& options) const {
    return run_shell("batch '" + path("in") + "' -o '" + path(out) +
                     "' --set captioner=none --set formats=json,rttm,ava --retry-delay 10ms " +
                     options);
  }
  json result(const std::string& out) const {
    return json::parse(read_text(path(out + "/long.mp4/long.json")));
  }

  /// AAC's decoder makes up some of its noise, differently after a seek: scores differ a little.
  static void expect_same_track(json joined, json whole) {
    for (const char* scores : {"speaking", "mass"}) {
      ASSERT_EQ(joined.at(scores).size(), whole.at(scores).size());
      for (std::size_t i = 0; i < whole.at(scores).size(); ++i)
        EXPECT_NEAR(joined.at(scores).at(i).get<double>(), whole.at(scores).at(i).get<double>(),
                    0.02)
            << scores << " of track " << whole.at("id") << ", tick " << i;
      joined.erase(scores);
      whole.erase(scores);
    }
    EXPECT_EQ(joined, whole);
  }

  TemporaryFolder folder_;
};

TEST_F(SplitJob, PartsGiveWhatTheWholeGives) {
  const ProgramResult plain = batch("whole", "");
  ASSERT_EQ(plain.code, 0) << plain.err;
  const ProgramResult split = batch("split", "--split 1min --jobs 2 --log-json");
  ASSERT_EQ(split.code, 0) << split.err;

  const json whole = result("whole");
  const json joined = result("split");
  ASSERT_GE(whole.at("tracks").size(), 10u);
  ASSERT_GE(whole.at("segments").size(), 10u);
  for (const char* key : {"segments", "speakers", "shots", "sync", "media", "models", "complete"})
    EXPECT_EQ(joined.at(key), whole.at(key)) << key;
  ASSERT_EQ(joined.at("tracks").size(), whole.at("tracks").size());
  for (std::size_t i = 0; i < whole.at("tracks").size(); ++i)
    expect_same_track(joined.at("tracks").at(i), whole.at("tracks").at(i));
  EXPECT_EQ(read_text(path("split/long.mp4/long.rttm")),
            read_text(path("whole/long.mp4/long.rttm")));

  const json record = json::parse(read_text(path("split/long.mp4/.done.json")));
  EXPECT_EQ(record.at("input").at("sha256"),
            json::parse(read_text(path("whole/long.mp4/.done.json"))).at("input").at("sha256"));
  EXPECT_EQ(record.at("files").size(), 3u);
  EXPECT_FALSE(fs::exists(path("split/.attune/parts")));
}

TEST_F(SplitJob, PartsThatAreDoneOutliveAKill) {
  ASSERT_EQ(batch("whole", "").code, 0);
  const std::string start =
      "batch '" + path("in") + "' -o '" + path("out") +
      "' --set captioner=none --set formats=json,rttm,ava --split 1min --jobs 1 --threads 2";
  const fs::path parts = path("out/.attune/parts/long.mp4");
  const auto done = [&] {
    std::set<fs::path> files;
    std::error_code ignored;
    for (fs::recursive_directory_iterator entry(parts, ignored), end; entry != end;
         entry.increment(ignored))
      if (entry->path().extension() == ".part") files.insert(entry->path());
    return files;
  };
  // Killed as soon as the first part is there.
  const pid_t process = fork();
  if (process == 0) {
    run_shell(start, "exec");
    _exit(0);
  }
  while (done().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  shell("pkill -KILL -P " + std::to_string(process));
  waitpid(process, nullptr, 0);
  const auto before = done();
  ASSERT_FALSE(before.empty());
  ASSERT_FALSE(fs::exists(path("out/long.mp4")));

  const ProgramResult again = run_shell(start + " --log-json");
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.err, Not(HasSubstr("(1 of ")));
  EXPECT_EQ(result("out").at("segments"), result("whole").at("segments"));
  EXPECT_FALSE(fs::exists(parts));
}

TEST_F(SplitJob, WhatCannotBeSplitIsToldAtOnce) {
  EXPECT_EQ(batch("out", "--split 5s").code, 2);
  const ProgramResult attention = batch("out", "--pipeline attention --split 1min");
  EXPECT_EQ(attention.code, 2);
}

}  // namespace
}  // namespace attune::cli
