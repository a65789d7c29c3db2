// attune index and attune search through the real program.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "program_runner.h"

namespace attune::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

constexpr const char* kResult = R"({"schema": "attune-result-1", "attune": "1", "complete": true,
"media": {"path": "news.mp4", "container": "mp4", "start": 0, "end": 60, "video": null, "audio": null},
"speakers": [{"id": 1, "name": "Zoë Smith", "tracks": [], "spoken": 2}],
"captions": [
  {"start": 1, "end": 3, "speaker": 1, "name": "Zoë Smith", "lines": ["The weather", "in Malmö today"]},
  {"start": 3661.5, "end": 3664, "speaker": 0, "name": "Off-screen", "lines": ["is cold and windy."]}],
"words": [{"start": 1.25, "end": 1.5, "text": "the", "confidence": 0.9, "speaker": 1},
          {"start": 1.5, "end": 2, "text": "weather", "confidence": 0.75, "speaker": 1}],
"segments": [{"start": 3661.5, "end": 3664, "speaker": 0, "tracks": [], "confidence": 0.5}],
"sync": [{"start": 0, "end": 60, "offset": -0.12, "confidence": 0.8}]})";

class SearchTest : public ::testing::Test {
 protected:
  SearchTest() {
    fs::create_directories(folder_ / "news");
    folder_.write("news/monday.json", kResult);
    folder_.write("tuesday.srt", "1\n00:00:01,000 --> 00:00:03,000\nWeather again.\n");
  }

  ProgramResult index(const std::string& options = "") const {
    return run_shell("index '" + folder_.path().string() + "' " + options);
  }
  ProgramResult search(const std::string& arguments) const {
    return run_shell("search " + arguments, "cd '" + folder_.path().string() + "' &&");
  }

  TemporaryFolder folder_;
};

TEST_F(SearchTest, FindsWithFileTimeAndSpeaker) {
  const ProgramResult indexed = index();
  EXPECT_EQ(indexed.code, 0) << indexed.err;
  EXPECT_THAT(indexed.out, HasSubstr("attune-index.sqlite: 2 files, 3 cues, 3 events\n2 added"));
  const ProgramResult found = search("WEATHER");
  EXPECT_EQ(found.code, 0);
  EXPECT_EQ(found.out,
            "news/monday.json  00:00:01.500  Zoë Smith: The weather in Malmö today\n"
            "tuesday.srt  00:00:01.000  Weather again.\n");
  EXPECT_EQ(search("'\"malmo today is cold\"'").out,
            "news/monday.json  00:00:01.000  Zoë Smith, Off-screen: The weather in Malmö today is "
            "cold and windy.\n");
  EXPECT_EQ(search("windy OR again --order time --limit 1 --offset 1").out,
            "tuesday.srt  00:00:01.000  Weather again.\n");
  EXPECT_THAT(search("weather --limit 1").err, HasSubstr("1 of 2 hits; --offset 1 shows more"));
  EXPECT_EQ(search("weather --speaker smith --file 'mon*'").out,
            search("weather --speaker zoe").out);
  EXPECT_EQ(search("--event off-screen cold").out,
            "news/monday.json  01:01:01.500  Off-screen: is cold and windy.\n");
  EXPECT_EQ(search("--event out-of-sync").out,
            "news/monday.json  00:00:00.000  out-of-sync until 00:01:00.000, -0.120 s, confidence "
            "0.80\n");
}

TEST_F(SearchTest, TheIndexIsFoundFromBelowOrNamed) {
  index();
  const std::string there = (folder_ / "news").string();
  EXPECT_EQ(run_shell("search again", "cd '" + there + "' &&").out,
            "../tuesday.srt  00:00:01.000  Weather again.\n");
  const std::string elsewhere = (folder_ / "other.sqlite").string();
  EXPECT_EQ(index("-o '" + elsewhere + "'").code, 0);
  EXPECT_THAT(run_shell("search again --index '" + elsewhere + "'").out,
              HasSubstr(folder_.path().string() + "/tuesday.srt"));
  EXPECT_THAT(run_shell("search again --index '" + folder_.path().string() + "'").out,
              HasSubstr(folder_.path().string() + "/tuesday.srt"));
}

TEST_F(SearchTest, ExitCodesSayWhatHappened) {
  const ProgramResult none = search("weather");
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, HasSubstr("attune index"));
  index();
  const ProgramResult nothing = search("sunshine");
  EXPECT_EQ(nothing.code, 1);
  EXPECT_THAT(nothing.out, IsEmpty());
  EXPECT_EQ(search("sunshine --json").code, 1);
  const ProgramResult mistake = search("'weather OR'");
  EXPECT_EQ(mistake.code, 2);
  EXPECT_THAT(mistake.err, HasSubstr("at its end: a word or phrase is expected"));
  EXPECT_EQ(search("").code, 2);
  const ProgramResult kind = search("--event shouting");
  EXPECT_EQ(kind.code, 2);
  EXPECT_THAT(kind.err, HasSubstr("off-screen, out-of-sync, sync"));
  EXPECT_EQ(run_shell("index '" + (folder_ / "nowhere").string() + "'").code, 3);
  EXPECT_EQ(index("-o /nowhere/x.sqlite").code, 5);

  folder_.write("bad.json", "{\"schema\": \"attune-result-1\", ");
  const ProgramResult some = index();
  EXPECT_EQ(some.code, 1);
  EXPECT_THAT(some.err, HasSubstr("bad.json"));
  EXPECT_THAT(some.out, HasSubstr("2 unchanged, 0 passed over, 1 failed"));
}

TEST_F(SearchTest, NamesThatBreakLinesAreEscaped) {
  folder_.write("new\nline.srt", "1\n00:00:01,000 --> 00:00:03,000\nUnique\n");
  index();
  EXPECT_EQ(search("unique").out, "new\\nline.srt  00:00:01.000  Unique\n");
  EXPECT_EQ(json::parse(search("unique --json").out).at("hits").at(0).at("file"), "new\nline.srt");
}

TEST_F(SearchTest, LongTextsAreCutAroundTheHit) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "füllung ";
  folder_.write("long.srt", "1\n00:00:01,000 --> 00:00:03,000\n" + text + "needle " + text + "\n");
  index();
  const std::string line = search("needle").out;
  EXPECT_THAT(line, HasSubstr("needle"));
  EXPECT_THAT(line, HasSubstr("\u2026"));
  EXPECT_LT(line.size(), 300u);
}

TEST_F(SearchTest, EventsGoToTheJsonLog) {
  folder_.write("bad.json", "{\"schema\": \"attune-result-1\", ");
  const ProgramResult result = index("--log-json");
  std::vector<json> events;
  std::istringstream lines(result.err);
  for (std::string line; std::getline(lines, line);) {
    const json event = json::parse(line);
    if (event.contains("event")) events.push_back(event);
  }
  ASSERT_EQ(events.size(), 2u) << result.err;
  EXPECT_EQ(events[0].at("event"), "failed");
  EXPECT_EQ(events[0].at("kind"), "input");
  EXPECT_EQ(events[1].at("event"), "finished");
  EXPECT_EQ(events[1].at("cues"), 3);
}

TEST_F(SearchTest, TheJsonIsAsItsSchemaSays) {
  index();
  const std::string file = folder_.write("answer.json", search("weather --json").out).string();
  const json answer = json::parse(read_text(file));
  EXPECT_EQ(answer.at("total"), 2);
  const json& match = answer.at("hits").at(0).at("matches").at(0);
  EXPECT_EQ(match.at("text"), "weather");
  EXPECT_EQ(match.at("from"), 4);
  EXPECT_EQ(match.at("start"), 1.5);
  EXPECT_EQ(match.at("confidence"), 0.75);
  const std::string script = R"(
import json, sys
try:
    import jsonschema
except ImportError:
    sys.exit(77)
schema = json.load(open(sys.argv[1]))
for name in sys.argv[2:]:
    jsonschema.validate(json.load(open(name)), schema, jsonschema.Draft202012Validator)
)";
  const std::string event = folder_.write("event.json", search("--event sync --json").out).string();
  const std::string none = folder_.write("none.json", search("nothing --json").out).string();
  const std::string line = "python3 '" + folder_.write("check.py", script).string() +
                           "' '" ATTUNE_SOURCE_DIR "/docs/schema/search.schema.json' '" + file +
                           "' '" + event + "' '" + none + "'";
  const int status = std::system(line.c_str());
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "python3-jsonschema is not installed";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace attune::cli
