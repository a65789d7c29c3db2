#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "program_runner.h"

namespace attune::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// The real program with the node types of the test plugin.
class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest() {
    config_ = folder_.write("ticks.yaml",
                            "parameters: {text: 'ticks:'}\n"
                            "nodes:\n"
                            "  source: {type: tick_source}\n"
                            "  writer: {type: tick_writer, in: source, text: ${text}}\n");
  }

  ProgramResult attune(const std::string& arguments, const std::string& before = "") const {
    return run_shell("--plugin '" ATTUNE_TEST_PLUGIN "' " + arguments, before);
  }
  ProgramResult run(const std::string& arguments, const std::string& before = "") const {
    return attune("run '" + config_.string() + "' -o '" + output().string() + "' " + arguments,
                  before);
  }
  fs::path output() const { return folder_ / "results"; }
  bool output_is_empty() const { return !fs::exists(output()) || fs::is_empty(output()); }

  TemporaryFolder folder_;
  fs::path config_;
};

TEST_F(ProgramTest, HelpAndVersion) {
  const ProgramResult help = run_shell("--help");
  EXPECT_EQ(help.code, 0);
  for (const char* part :
       {"caption", "run", "validate", "graph", "nodes", "models", "Exit codes:", "130"}) {
    EXPECT_THAT(help.out, HasSubstr(part));
  }
  const ProgramResult version = run_shell("--version");
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, ::testing::MatchesRegex("attune [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_F(ProgramTest, WrongCommandLinesEndWithTwo) {
  for (const char* arguments :
       {"", "frobnicate", "run", "caption", "run x.yaml", "models", "run --threads -1 a b"}) {
    const ProgramResult result = run_shell(arguments);
    EXPECT_EQ(result.code, 2) << arguments;
    EXPECT_THAT(result.err, ::testing::Not(IsEmpty())) << arguments;
  }
}

TEST_F(ProgramTest, ARunWritesItsResultsAndListsThem) {
  const ProgramResult result = run("scene.mp4");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, (output() / "scene.txt").string() + "\n");
  EXPECT_EQ(read_text(output() / "scene.txt"), "ticks: 50\n");
  EXPECT_THAT(result.err, HasSubstr("scene.mp4: finished, 50.0 s of media"));
}

TEST_F(ProgramTest, ParametersAreSetFromTheCommandLine) {
  EXPECT_EQ(run("scene.mp4 --set text=beats:").code, 0);
  EXPECT_EQ(read_text(output() / "scene.txt"), "beats: 50\n");
  const ProgramResult wrong = run("scene.mp4 --set txt=beats:");
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean 'text'?"));
  EXPECT_EQ(run("scene.mp4 --set text").code, 2);
}

TEST_F(ProgramTest, AnInputThatCannotBeReadEndsWithThreeAndLeavesNothing) {
  const ProgramResult result = run("bad.mp4");
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.err, "attune: error: bad.mp4: node 'source': is no recording\n");
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(output_is_empty());
}

TEST_F(ProgramTest, OneBadInputDoesNotStopTheOthers) {
  const ProgramResult result = run("one.mp4 bad.mp4 two.mp4");
  EXPECT_EQ(result.code, 1);
  EXPECT_TRUE(fs::exists(output() / "one.txt"));
  EXPECT_TRUE(fs::exists(output() / "two.txt"));
  EXPECT_FALSE(fs::exists(output() / "bad.txt"));
  EXPECT_THAT(result.err, HasSubstr("2 of 3 inputs finished, 1 failed"));
}

TEST_F(ProgramTest, InputsThatWouldOverwriteEachOtherAreRefused) {
  const ProgramResult result = run("a/scene.mp4 b/scene.mkv");
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err,
              HasSubstr("a/scene.mp4 and b/scene.mkv would both write results named 'scene'"));
  EXPECT_TRUE(output_is_empty());
}

TEST_F(ProgramTest, SignalsEndTheRunAndKeepWhatIsFinished) {
  const ProgramResult interrupted = run("sigint.mp4 never.mp4");
  EXPECT_EQ(interrupted.code, 130);
  EXPECT_EQ(read_text(output() / "sigint.txt"), "ticks: 20\n");
  EXPECT_FALSE(fs::exists(output() / "never.txt"));
  EXPECT_THAT(interrupted.err, HasSubstr("stopped on request"));
  const ProgramResult terminated = run("sigterm.mp4");
  EXPECT_EQ(terminated.code, 143);
  EXPECT_EQ(read_text(output() / "sigterm.txt"), "ticks: 20\n");
}

TEST_F(ProgramTest, AnOutputFolderThatCannotBeMadeEndsWithFive) {
  folder_.write("file", "");
  const ProgramResult result = attune("run '" + config_.string() + "' scene.mp4 -o '" +
                                      (folder_ / "file/below").string() + "'");
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(result.err, HasSubstr("file/below"));
}

TEST_F(ProgramTest, AFullDiskEndsWithFiveAndLeavesNothing) {
  // A limit of nothing on the size of files stands for the full disk; standard error is a pipe
  // here.
  const ProgramResult result = run("scene.mp4 2>&1", "trap '' XFSZ; ulimit -f 0;");
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(result.out, HasSubstr("scene.txt"));
  EXPECT_TRUE(output_is_empty());
}

TEST_F(ProgramTest, QuietSaysNothingButErrors) {
  const ProgramResult good = run("scene.mp4 --quiet");
  EXPECT_EQ(good.code, 0);
  EXPECT_EQ(good.out + good.err, "");
  EXPECT_THAT(run("bad.mp4 --quiet").err, HasSubstr("is no recording"));
}

TEST_F(ProgramTest, JsonLinesTellWhatBecameOfEachInput) {
  const ProgramResult result = run("scene.mp4 bad.mp4 --log-json -v");
  EXPECT_EQ(result.code, 1);
  std::istringstream lines(result.err);
  std::vector<nlohmann::json> events;
  for (std::string line; std::getline(lines, line);) {
    const auto object = nlohmann::json::parse(line);
    if (object.contains("event")) {
      events.push_back(object);
    } else {
      EXPECT_TRUE(object.contains("level") && object.contains("message")) << line;
    }
  }
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0]["event"], "finished");
  EXPECT_EQ(events[0]["input"], "scene.mp4");
  EXPECT_EQ(events[0]["complete"], true);
  EXPECT_EQ(events[0]["files"][0], (output() / "scene.txt").string());
  EXPECT_EQ(events[1]["event"], "failed");
  EXPECT_EQ(events[1]["kind"], "input");
}

TEST_F(ProgramTest, ValidateAcceptsAndRefuses) {
  const ProgramResult good = attune("validate '" + config_.string() + "'");
  EXPECT_EQ(good.code, 0);
  EXPECT_THAT(good.out, HasSubstr("2 nodes, no mistake found"));
  const auto wrong = folder_.write("wrong.yaml", "nodes:\n  source: {type: tick_sorce}\n");
  const ProgramResult bad = attune("validate '" + wrong.string() + "'");
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err,
              HasSubstr("wrong.yaml:2:18: node 'source': there is no node type 'tick_sorce'"));
  EXPECT_THAT(bad.err, HasSubstr("did you mean 'tick_source'?"));
  EXPECT_EQ(attune("validate '" + (folder_ / "none.yaml").string() + "'").code, 2);
}

TEST_F(ProgramTest, ShippedPipelinesAreFoundByName) {
  const std::string before = "ATTUNE_CONFIGS='" + folder_.path().string() + "'";
  EXPECT_EQ(attune("validate ticks", before).code, 0);
  const ProgramResult unknown = attune("validate tics", before);
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'ticks'?"));
}

TEST_F(ProgramTest, GraphDrawsDot) {
  const ProgramResult result = attune("graph '" + config_.string() + "'");
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, HasSubstr("\"source\" -> \"writer\" [label=\"Tick\""));
  EXPECT_EQ(
      attune("graph '" + config_.string() + "' -o '" + (folder_ / "g.dot").string() + "'").code, 0);
  EXPECT_EQ(read_text(folder_ / "g.dot"), result.out);
  EXPECT_EQ(attune("graph '" + config_.string() + "' -o /nowhere/g.dot").code, 5);
}

TEST_F(ProgramTest, NodesAreListedAndDocumented) {
  const ProgramResult list = attune("nodes");
  EXPECT_EQ(list.code, 0);
  EXPECT_THAT(list.out, HasSubstr("tick_source"));
  EXPECT_THAT(list.out, HasSubstr("Writes how many ticks came"));
  const ProgramResult one = attune("nodes tick_writer");
  EXPECT_EQ(one.code, 0);
  EXPECT_THAT(one.out, HasSubstr("text: a text; default ticks:"));
  const ProgramResult wrong = attune("nodes tick_writr");
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean 'tick_writer'?"));
}

TEST_F(ProgramTest, PluginsThatAreNoneAreRefused) {
  const ProgramResult missing = run_shell("--plugin /nowhere/x.so nodes");
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("/nowhere/x.so"));
  const ProgramResult other = run_shell("--plugin libm.so.6 nodes");
  EXPECT_EQ(other.code, 2);
}

TEST_F(ProgramTest, ModelsAreListedAndUnknownNamesAnswered) {
  const ProgramResult list = run_shell("models list");
  EXPECT_EQ(list.code, 0);
  EXPECT_THAT(list.out, HasSubstr("yunet"));
  EXPECT_THAT(list.out, testing::ContainsRegex(
                            "attune-align +aligner +[0-9.]+ MB +Apache-2.0 +0\\.[0-9]+ +/"));
  EXPECT_THAT(list.out, HasSubstr("quality, measured by attune"));
  const ProgramResult wrong = run_shell("models info yunett");
  EXPECT_EQ(wrong.code, 4);
  EXPECT_THAT(wrong.err, HasSubstr("yunet"));
}

}  // namespace
}  // namespace attune::cli
