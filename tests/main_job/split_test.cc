// A recording that is worked on in parts has the results that it has as a whole.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
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
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    fs::create_directory(path("in"));
    shell(ATTUNE_SCENE_PROGRAM " -o " + path("scene.mp4") +
          " --turns 3 --parts dialogue,closing --size 320x180 >/dev/null 2>&1");
    shell("ffmpeg -v error -y -stream_loop 30 -i " + path("scene.mp4") + " -t 150 -c copy " +
          path("in/long.mp4"));
    const ProgramResult plain = batch("whole", "");
    if (plain.code != 0) throw std::runtime_error(plain.err);
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static std::string path(const std::string& name) { return *folder_ / name; }
  static void shell(const std::string& line) {
    if (std::system(line.c_str()) != 0) throw std::runtime_error("failed: " + line);
  }

  static ProgramResult batch(const std::string& out, const std::string& options) {
    return run_shell("batch '" + path("in") + "' -o '" + path(out) +
                     "' --set captioner=none --set formats=json,rttm,ava --retry-delay 10ms " +
                     options);
  }
  static json result(const std::string& out) {
    return json::parse(read_text(path(out + "/long.mp4/long.json")));
  }

  static inline std::unique_ptr<TemporaryFolder> folder_;
};

TEST_F(SplitJob, PartsGiveWhatTheWholeGives) {
  const ProgramResult split = batch("split", "--split 1min --jobs 2 --log-json");
  ASSERT_EQ(split.code, 0) << split.err;

  const json whole = result("whole");
  ASSERT_GE(whole.at("tracks").size(), 10u);
  ASSERT_GE(whole.at("segments").size(), 10u);
  for (const char* extension : {".json", ".rttm", ".ava.csv"})
    EXPECT_EQ(read_text(path("split/long.mp4/long") + extension),
              read_text(path("whole/long.mp4/long") + extension))
        << extension;

  const json record = json::parse(read_text(path("split/long.mp4/.done.json")));
  EXPECT_EQ(record.at("input").at("sha256"),
            json::parse(read_text(path("whole/long.mp4/.done.json"))).at("input").at("sha256"));
  EXPECT_EQ(record.at("files").size(), 3u);
  EXPECT_FALSE(fs::exists(path("split/.attune/parts")));
}

TEST_F(SplitJob, PartsThatAreDoneOutliveAKill) {
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

TEST_F(SplitJob, APictureWithoutSoundIsSplitToo) {
  fs::create_directory(path("silent"));
  shell("ffmpeg -v error -y -i " + path("in/long.mp4") + " -an -c copy " + path("silent/a.mp4"));
  for (const char* options : {"whole", "split --split 1min"}) {
    const ProgramResult result =
        run_shell("batch '" + path("silent") + "' --set captioner=none --set formats=json -o " +
                  path("silent-") + options);
    ASSERT_EQ(result.code, 0) << result.err;
  }
  EXPECT_EQ(read_text(path("silent-split/a.mp4/a.json")),
            read_text(path("silent-whole/a.mp4/a.json")));
}

TEST_F(SplitJob, WhatCannotBeSplitIsToldAtOnce) {
  const ProgramResult shorter = batch("none", "--split 5s");
  EXPECT_EQ(shorter.code, 2);
  EXPECT_THAT(shorter.err, HasSubstr("--split 5s"));
  const ProgramResult attention = run_shell("batch '" + path("in") + "' -o '" + path("none") +
                                            "' --pipeline attention --split 1min");
  EXPECT_EQ(attention.code, 2);
  EXPECT_THAT(attention.err, HasSubstr("cannot be split"));
  EXPECT_FALSE(fs::exists(path("none")));
}

}  // namespace
}  // namespace attune::cli
