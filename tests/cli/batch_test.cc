// attune batch through the real program, with node types that crash, hang and steal on request.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class BatchTest : public testing::Test {
 protected:
  BatchTest() {
    config_ = folder_.write("ticks.yaml",
                            "parameters: {text: \"ticks:\"}\n"
                            "nodes:\n"
                            "  source: {type: tick_source}\n"
                            "  writer: {type: tick_writer, in: source, text: \"${text}\"}\n");
    fs::create_directory(folder_ / "in");
  }

  void put(const std::string& name, const std::string& content = "x") const {
    folder_.write("in/" + name, content);
  }
  std::string start(const std::string& arguments) const {
    return "--plugin '" ATTUNE_TEST_PLUGIN "' batch --pipeline '" + config_.string() + "' -o '" +
           out().string() + "' --retry-delay 10ms --extensions mp4 '" + (folder_ / "in").string() +
           "' " + arguments;
  }
  ProgramResult batch(const std::string& arguments = "", const std::string& before = "") const {
    return run_shell(start(arguments), before);
  }
  ProgramResult about(const std::string& command, const std::string& options = "") const {
    return run_shell("--plugin '" ATTUNE_TEST_PLUGIN "' batch " + command + " '" + out().string() +
                     "' " + options);
  }

  fs::path out() const { return folder_ / "out"; }
  std::string result(const std::string& name) const {
    return read_text(out() / (name + ".mp4") / (name + ".txt"));
  }
  json done(const std::string& name) const {
    return json::parse(read_text(out() / (name + ".mp4") / ".done.json"));
  }
  json failed(const std::string& name) const {
    return json::parse(read_text(out() / ".attune/failed" / (name + ".mp4.json")));
  }
  /// Everything in the output folder that a user would see, by name.
  std::set<std::string> seen() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(out()))
      if (entry.path().string().find("/.") == std::string::npos)
        names.insert(fs::relative(entry.path(), out()));
    return names;
  }

  TemporaryFolder folder_;
  fs::path config_;
};

TEST_F(BatchTest, OneBadFileStopsNoOther) {
  for (const char* name : {"a.mp4", "bad.mp4", "c.mp4"}) put(name);
  const ProgramResult result = batch("--jobs 2");
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("failed: " + (folder_ / "in/bad.mp4").string()));
  EXPECT_THAT(result.err, HasSubstr("2 done, 0 done before, 1 failed"));
  EXPECT_EQ(this->result("a"), "ticks: 50\n");
  EXPECT_EQ(seen(), (std::set<std::string>{"a.mp4", "a.mp4/a.txt", "c.mp4", "c.mp4/c.txt"}));
  EXPECT_EQ(failed("bad").at("failure").at("class"), "bad_input");
  EXPECT_EQ(failed("bad").at("attempts"), 1);
  EXPECT_FALSE(fs::exists(out() / ".attune/work/all"));
}

TEST_F(BatchTest, TheRecordSaysWhatWasDone) {
  put("a.mp4", "abc");
  ASSERT_EQ(batch("--set text=words").code, 0);
  const json record = done("a");
  EXPECT_EQ(record.at("input").at("size"), 3);
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ(record.at("input").at("sha256"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(record.at("files"), json::array({"a.txt"}));
  EXPECT_EQ(record.at("media"), 50);
  EXPECT_GT(record.at("peak_memory"), 1 << 20);
  EXPECT_EQ(record.at("exit_code"), 0);
  EXPECT_EQ(result("a"), "words 50\n");
}

TEST_F(BatchTest, WhatIsDoneIsNotRepeated) {
  for (const char* name : {"a.mp4", "b.mp4", "bad.mp4"}) put(name);
  batch();
  const json before = done("a");
  const ProgramResult again = batch();
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.err, HasSubstr("0 done, 2 done before, 1 failed"));
  EXPECT_EQ(done("a"), before);
}

TEST_F(BatchTest, AChangedInputIsDoneAnew) {
  put("a.mp4");
  put("b.mp4");
  batch();
  put("a.mp4", "another");
  EXPECT_THAT(batch().err, HasSubstr("1 done, 1 done before"));
  EXPECT_EQ(done("a").at("input").at("size"), 7);
}

TEST_F(BatchTest, ACopyWithAnotherTimeIsTheSameInput) {
  put("a.mp4");
  batch();
  fs::last_write_time(folder_ / "in/a.mp4",
                      fs::file_time_type::clock::now() - std::chrono::hours(5));
  EXPECT_THAT(batch().err, HasSubstr("0 done, 1 done before"));
  put("a.mp4", "y");
  EXPECT_THAT(batch().err, HasSubstr("1 done, 0 done before"));
}

TEST_F(BatchTest, ChangedSettingsAreDoneAnew) {
  put("a.mp4");
  batch();
  EXPECT_THAT(batch("--set text=new").err, HasSubstr("1 done, 0 done before"));
  EXPECT_EQ(result("a"), "new 50\n");
  EXPECT_THAT(batch("--set text=new").err, HasSubstr("0 done, 1 done before"));
  EXPECT_THAT(batch("--set text=new --force").err, HasSubstr("1 done, 0 done before"));
}

TEST_F(BatchTest, LostResultsAreDoneAnew) {
  put("a.mp4");
  batch();
  fs::remove(out() / "a.mp4/a.txt");
  EXPECT_THAT(batch().err, HasSubstr("1 done, 0 done before"));
  std::ofstream(out() / "a.mp4/.done.json") << "{\"schema\":";
  EXPECT_THAT(batch().err, HasSubstr("1 done, 0 done before"));
}

TEST_F(BatchTest, ACrashIsTriedAgainAndThenLeft) {
  put("a.mp4");
  put("crash.mp4");
  const ProgramResult first = batch("--retries 2");
  EXPECT_EQ(first.code, 1);
  EXPECT_THAT(first.err, HasSubstr("tried again"));
  EXPECT_EQ(failed("crash").at("failure").at("class"), "crash");
#if !defined(__SANITIZE_ADDRESS__)  // which reports the crash and exits
  EXPECT_THAT(failed("crash").at("failure").at("message"), HasSubstr("signal 11"));
#endif
  EXPECT_EQ(failed("crash").at("attempts"), 3);
  EXPECT_THAT(batch().err, AllOf(HasSubstr("1 failed"), Not(HasSubstr("tried again"))));
}

TEST_F(BatchTest, RetryFailedDoesWhatCanBeDoneNow) {
  put("a.mp4");
  put("flaky.mp4");
  put("bad.mp4");
  batch("--retries 0 --set text=kept");
  put("flaky.mp4.cured");
  const ProgramResult only_crashes = about("retry-failed", "--class crash");
  EXPECT_EQ(only_crashes.code, 0) << only_crashes.err;
  EXPECT_EQ(result("flaky"), "kept 50\n");
  EXPECT_FALSE(fs::exists(out() / ".attune/failed/flaky.mp4.json"));
  EXPECT_EQ(about("retry-failed").code, 3);
}

TEST_F(BatchTest, AJobThatTakesTooMuchMemoryIsEnded) {
  put("a.mp4");
  put("hungry.mp4");
  EXPECT_EQ(batch("--memory 300MiB --retries 0").code, 1);
  EXPECT_EQ(failed("hungry").at("failure").at("class"), "resources");
  EXPECT_EQ(result("a"), "ticks: 50\n");
}

TEST_F(BatchTest, AJobThatTakesTooLongIsEnded) {
  put("a.mp4");
  put("slow.mp4");
  EXPECT_EQ(batch("--time-limit 1s --time-allowance 500ms --retries 0").code, 1);
  EXPECT_EQ(failed("slow").at("failure").at("class"), "time_out");
}

TEST_F(BatchTest, AJobWritesNowhereElseAndConnectsNowhere) {
  put("intruder.mp4");
  const ProgramResult result = batch();
  ASSERT_EQ(result.code, 0) << result.err;
  if (result.err.find("this kernel has no") != std::string::npos)
    GTEST_SKIP() << "the kernel cannot confine: " << result.err;
  EXPECT_EQ(read_text(out() / "intruder.mp4/intruder.harm"), "wrote false connected false\n");
  ASSERT_EQ(batch("--force --no-sandbox").code, 0);
  EXPECT_EQ(read_text(out() / "intruder.mp4/intruder.harm"), "wrote true connected true\n");
}

TEST_F(BatchTest, AStoppedBatchKeepsWhatIsDone) {
  put("a.mp4");
  put("slow.mp4");
  // Stops the program as soon as the first recording is done.
  const std::string stopper = "sh -c '\"$0\" \"$@\" & batch=$!; until [ -e \"" +
                              (out() / "a.mp4").string() +
                              "\" ]; do sleep 0.05; done; kill -TERM $batch; wait $batch'";
  const ProgramResult stopped = run_shell(start("--jobs 1"), stopper);
  EXPECT_EQ(stopped.code, 143) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("1 done, 0 done before, 0 failed, 0 rejected, 1 left"));
  EXPECT_EQ(seen(), (std::set<std::string>{"a.mp4", "a.mp4/a.txt"}));
}

TEST_F(BatchTest, TwoDoNotWorkInOneFolder) {
  put("slow.mp4");
  std::thread first([&] { run_shell(start(""), "timeout --signal KILL 4"); });
  while (!fs::exists(out() / ".attune/work/all/0"))
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const ProgramResult second = batch();
  first.join();
  EXPECT_EQ(second.code, 75);
  EXPECT_THAT(second.err, HasSubstr("another attune batch is at work here"));
}

TEST_F(BatchTest, WhatWentAwayIsLeftToTheNextRun) {
  put("a.mp4");
  put("fading.mp4");
  std::thread share([&] {
    while (!fs::exists(out() / "a.mp4")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    fs::rename(folder_ / "in/fading.mp4", folder_ / "in/elsewhere");
  });
  const ProgramResult result = batch("--jobs 1 --retries 1");
  share.join();
  EXPECT_EQ(result.code, 75) << result.err;
  EXPECT_EQ(failed("fading").at("failure").at("class"), "gone");
  fs::rename(folder_ / "in/elsewhere", folder_ / "in/fine.mp4");
  EXPECT_EQ(batch().code, 0);
}

TEST_F(BatchTest, AForeignFolderIsNotReplaced) {
  put("a.mp4");
  fs::create_directories(out() / "a.mp4");
  std::ofstream(out() / "a.mp4/diary.txt") << "mine";
  EXPECT_EQ(batch().code, 1);
  EXPECT_EQ(read_text(out() / "a.mp4/diary.txt"), "mine");
  EXPECT_THAT(failed("a").at("failure").at("message"), HasSubstr("not from attune batch"));
}

TEST_F(BatchTest, AFullDiskEndsTheBatchAndTheNextRunGoesOn) {
  for (const char* name : {"a.mp4", "b.mp4", "c.mp4"}) put(name);
  // A disk in a namespace of its own, where the kernel lets anyone mount one.
  const std::string mount = "unshare --user --map-root-user --mount sh -c 'mkdir -p " +
                            out().string() + " && mount -t tmpfs -o size=400k none " +
                            out().string() + " && \"$0\" \"$@\"; code=$?; exit $code'";
  if (std::system("unshare --user --map-root-user --mount true 2>/dev/null") != 0)
    GTEST_SKIP() << "no user namespaces here";
  const std::string text(100000, 'x');
  const ProgramResult full = batch("--jobs 1 --retries 1 --set text=" + text, mount);
  EXPECT_EQ(full.code, 75) << full.err.substr(0, 2000);
  EXPECT_THAT(full.err, AllOf(HasSubstr("No space left"), ContainsRegex("[1-3] left")));
}

TEST_F(BatchTest, TheLedgerIsACopyOfTheRecords) {
  for (const char* name : {"a.mp4", "b.mp4", "bad.mp4"}) put(name);
  batch();
  const ProgramResult with = about("status", "--json");
  ASSERT_EQ(with.code, 0) << with.err;
  EXPECT_EQ(json::parse(with.out).at("done"), 2);
  EXPECT_EQ(json::parse(with.out).at("failed"), (json{{"bad_input", 1}}));
  fs::remove(out() / ".attune/ledger-all.sqlite");
  EXPECT_EQ(about("status", "--json").out, with.out);
  folder_.write("out/.attune/ledger-all.sqlite", "this is no database at all, but text");
  EXPECT_EQ(about("status", "--json").out, with.out);
  EXPECT_THAT(batch().err, HasSubstr("0 done, 2 done before"));
  EXPECT_EQ(about("status", "--json").out, with.out);
}

TEST_F(BatchTest, ADryRunDoesNothing) {
  put("a.mp4");
  const ProgramResult plan = batch("--dry-run");
  EXPECT_THAT(plan.err, HasSubstr("to do"));
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(BatchTest, ShardsShareTheWork) {
  for (int i = 0; i < 12; ++i) put("f" + std::to_string(i) + ".mp4");
  for (const char* shard : {"1/3", "2/3", "3/3"})
    ASSERT_EQ(batch(std::string("--shard ") + shard).code, 0);
  EXPECT_THAT(batch().err, HasSubstr("0 done, 12 done before"));
  EXPECT_EQ(json::parse(about("status", "--json").out).at("done"), 12);
}

TEST_F(BatchTest, MetricsAreKeptUpToDate) {
  put("a.mp4");
  put("bad.mp4");
  batch("--metrics-file '" + (folder_ / "batch.prom").string() + "'");
  const std::string metrics = read_text(folder_ / "batch.prom");
  EXPECT_THAT(metrics, HasSubstr("attune_batch_items_done_total 1"));
  EXPECT_THAT(metrics, HasSubstr("attune_batch_items_failed_total{class=\"bad_input\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("attune_batch_media_seconds_total 50"));
}

TEST_F(BatchTest, WrongOptionsAreRefused) {
  put("a.mp4");
  EXPECT_EQ(batch("--jobs none").code, 2);
  EXPECT_EQ(batch("--memory lots").code, 2);
  EXPECT_EQ(batch("--time-limit soon").code, 2);
  EXPECT_EQ(batch("--set nonsense=1").code, 2);
  EXPECT_EQ(about("status").code, 3);
  EXPECT_EQ(about("report").code, 3);
  EXPECT_EQ(about("retry-failed").code, 3);
  EXPECT_EQ(run_shell("batch worker </dev/null").code, 2);
  EXPECT_FALSE(fs::exists(out()));
}

}  // namespace
}  // namespace attune::cli
