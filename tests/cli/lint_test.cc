// attune lint through the real program.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "program_runner.h"

namespace attune::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kClean =
    "1\n00:00:01,000 --> 00:00:03,000\nAll is well here.\n\n"
    "2\n00:00:03,080 --> 00:00:05,000\nAnd here, too.\n";
constexpr const char* kBroken =
    "1\n00:00:01,000 --> 00:00:01,500\nToo short.\n\n"
    "2\n00:00:01,400 --> 00:00:05,000\n"
    "This line is too long by far for the rules of any streaming service.\n";

class LintTest : public ::testing::Test {
 protected:
  ProgramResult lint(const std::string& file, const std::string& options = "") const {
    return run_shell("lint '" + file + "' " + options);
  }
  std::string write(const std::string& name, const std::string& content) const {
    return folder_.write(name, content).string();
  }

  TemporaryFolder folder_;
};

TEST_F(LintTest, ACleanFileGivesZero) {
  const ProgramResult result = lint(write("clean.srt", kClean));
  EXPECT_EQ(result.code, 0) << result.out << result.err;
  EXPECT_EQ(result.out, "1 file, 0 violations of netflix\n");
  EXPECT_THAT(run_shell("--quiet lint '" + write("clean.srt", kClean) + "'").out, IsEmpty());
}

TEST_F(LintTest, NamesEachViolationWithCueAndTime) {
  const std::string file = write("broken.srt", kBroken);
  const ProgramResult result = lint(file);
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr(file + ": cue 1, 00:00:01.000: too-short: the cue is shown for "
                                           "0.500 s; 0.833 s are the least\n"));
  EXPECT_THAT(result.out, HasSubstr(": cue 2, 00:00:01.400: overlap: "));
  EXPECT_THAT(result.out, HasSubstr("line 1 has 68 characters; 42 are allowed\n"));
  EXPECT_THAT(result.out, HasSubstr("1 file, 3 violations of netflix\n"));
}

TEST_F(LintTest, TheProfileAndTheFrameRateDecide) {
  EXPECT_EQ(lint(write("broken.srt", kBroken), "--profile none").code, 1) << "the overlap is left";
  EXPECT_EQ(lint(write("clean.srt", kClean), "--profile bbc").code, 1) << "a gap of 80 ms";
  EXPECT_EQ(lint(write("clean.srt", kClean), "--frame-rate 24").code, 1) << "two frames are 83 ms";
  EXPECT_EQ(lint(write("clean.srt", kClean), "--frame-rate 25").code, 0);
  const ProgramResult unknown = lint(write("clean.srt", kClean), "--profile hbo");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("netflix"));
}

TEST_F(LintTest, FormatAndEncodingCanBeNamed) {
  const std::string file =
      write("latin.captions", "1\n00:00:01,000 --> 00:00:03,000\nA caf\xE9 here.\n");
  EXPECT_THAT(lint(file).err, HasSubstr("name its format with --from"));
  EXPECT_THAT(lint(file, "--from srt").err, HasSubstr("byte 38 of the file (0xE9) is not UTF-8"));
  const ProgramResult named = lint(file, "--from srt --encoding WINDOWS-1252");
  EXPECT_EQ(named.code, 0) << named.out << named.err;
}

TEST_F(LintTest, WritesJson) {
  const std::string file = write("broken.srt", kBroken);
  const ProgramResult result = lint(file, "--json");
  EXPECT_EQ(result.code, 1);
  const json report = json::parse(result.out);
  EXPECT_EQ(report.at("file"), file);
  EXPECT_EQ(report.at("profile"), "netflix");
  EXPECT_EQ(report.at("cues"), 2);
  ASSERT_EQ(report.at("violations").size(), 3u);
  const json& first = report.at("violations").at(0);
  EXPECT_EQ(first.at("rule"), "too-short");
  EXPECT_EQ(first.at("cue"), 1);
  EXPECT_EQ(first.at("start"), 1.0);
  EXPECT_EQ(first.at("measured"), 0.5);
}

TEST_F(LintTest, ShotChangesComeFromAResult) {
  const std::string captions = write("cues.srt", "1\n00:00:01,000 --> 00:00:03,200\nHangs over.\n");
  const std::string shots = write("scene.json",
                                  R"({"schema": "attune-result-1", "attune": "1", "complete": true,
          "media": {"path": "scene.mp4", "container": "mp4", "start": 0, "end": 9, "audio": null,
                    "video": {"codec": "h264", "width": 64, "height": 64, "frame_rate": 25}},
          "shots": [{"index": 0, "start": 0, "end": 3}, {"index": 1, "start": 3, "end": 9}]})");
  EXPECT_EQ(lint(captions).code, 0);
  const ProgramResult result = lint(captions, "--shots '" + shots + "'");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("shot-change: the cue ends 0.200 s after the shot change"));
  EXPECT_EQ(lint(captions, "--shots '" + captions + "'").code, 3);
}

TEST_F(LintTest, OtherEncodingsAreReadOrNamed) {
  EXPECT_EQ(lint(write("bom.srt", std::string("\xEF\xBB\xBF") + kClean)).code, 0);
  const ProgramResult latin =
      lint(write("latin.srt", "1\n00:00:01,000 --> 00:00:03,000\ncaf\xE9\n"));
  EXPECT_EQ(latin.code, 3);
  EXPECT_THAT(latin.err, HasSubstr("latin.srt"));
  EXPECT_THAT(latin.err, HasSubstr("line 3"));
  EXPECT_EQ(lint(write("empty.srt", "")).code, 0) << "a file without cues";
}

TEST_F(LintTest, FilesThatCannotBeReadGiveThree) {
  const ProgramResult missing = lint("nowhere.srt");
  EXPECT_EQ(missing.code, 3);
  EXPECT_THAT(missing.err, HasSubstr("nowhere.srt"));
  const ProgramResult kind = lint(write("film.xyz", "text"));
  EXPECT_EQ(kind.code, 3);
  EXPECT_THAT(kind.err, HasSubstr(".srt"));
  const ProgramResult damaged = lint(write("bad.srt", "1\n00:00:01 -> 2\nText\n"));
  EXPECT_EQ(damaged.code, 3);
  EXPECT_THAT(damaged.err, HasSubstr("bad.srt"));
  EXPECT_THAT(damaged.err, HasSubstr("line 2"));
  // The other file is checked all the same.
  const ProgramResult both = lint("nowhere.srt", "'" + write("broken.srt", kBroken) + "'");
  EXPECT_EQ(both.code, 3);
  EXPECT_THAT(both.out, HasSubstr("overlap"));
}

/// Names and layout reach the pipeline before anything is opened.
TEST_F(LintTest, CaptionRefusesWrongLayoutsAndFilesOfSpeakers) {
  const std::string out = " -o '" + (folder_ / "out").string() + "'";
  const ProgramResult layout = run_shell("caption none.mp4 --layout hbo" + out);
  EXPECT_EQ(layout.code, 2);
  EXPECT_THAT(layout.err, HasSubstr("netflix"));
  const auto with_speakers = [&](const std::string& file) {
    return run_shell("caption none.mp4 --speakers '" + file + "'" + out);
  };
  const ProgramResult missing = with_speakers("nowhere.yaml");
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("nowhere.yaml"));
  const ProgramResult wrong = with_speakers(write("names.yaml", "1: Anna\nBert: 2\n"));
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("names.yaml:2: 'Bert' is no number of a speaker; write for "
                                   "example 1: \"Bert\""));
  const ProgramResult folder = with_speakers(folder_ / "");
  EXPECT_EQ(folder.code, 2);
  EXPECT_THAT(folder.err, HasSubstr("the file of speakers cannot be read"));
  const ProgramResult twice = with_speakers(write("twice.yaml", "1: Anna\n1: Bert\n"));
  EXPECT_EQ(twice.code, 2);
  EXPECT_THAT(twice.err, HasSubstr("twice.yaml:2: speaker 1 has two names"));
  const ProgramResult blank = with_speakers(write("blank.yaml", "1: \" \"\n"));
  EXPECT_EQ(blank.code, 2);
  EXPECT_THAT(blank.err, HasSubstr("blank.yaml:1: a name is expected"));
  EXPECT_EQ(with_speakers(write("list.json", "[\"Anna\"]")).code, 2);
  EXPECT_EQ(with_speakers(write("open.json", "{\"1\": ")).code, 2);
  EXPECT_EQ(with_speakers(write("names.json", "{\"1\": \"Anna\"}")).code, 3)
      << "the names are fine; the film is missing";
}

}  // namespace
}  // namespace attune::cli
