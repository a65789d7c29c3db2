#include "live/json_log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>

#include "kept_log.h"
#include "live/line_pipe.h"
#include "sink_events.h"
#include "tests/thrown_error.h"

namespace attune::live {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::int64_t> counting(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(last - first + 1));
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

const std::size_t kLineBytes = numbered_event(100).json.size() + 1;

/// The largest size of a file that this process may write, for a while.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    set(bytes);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  void set(rlim_t bytes) {
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = SIG_DFL;
};

/// Everything until the writers are gone.
std::string read_all(int descriptor) {
  std::string text;
  char buffer[65536];
  for (ssize_t n = 0; (n = read(descriptor, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  close(descriptor);
  return text;
}

TEST(JsonLog, AReaderSeesWholeLinesOfSeveralFeeds) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const auto path = fresh_folder() / "logs" / "events.jsonl";
  JsonLog log({.path = path});
  std::atomic<bool> done = false;
  std::thread reader([&] {
    do {
      const std::string text = content_of(path);
      // Linux makes a write visible page by page.
      ASSERT_TRUE(text.ends_with("}\n") || text.size() % page == 0) << text.size();
    } while (!done);
  });
  std::vector<std::thread> feeds;
  for (int feed = 0; feed < 3; ++feed)
    feeds.emplace_back([&log, feed] {
      for (int i = 0; i < 300; ++i) log.take(numbered_event(1000 * feed + i + 1));
    });
  for (std::thread& feed : feeds) feed.join();
  done = true;
  reader.join();
  std::vector<std::int64_t> last(3);
  for (const std::string& line : lines_of(content_of(path))) {
    const std::int64_t id = nlohmann::json::parse(line)["id"];
    EXPECT_EQ(id % 1000, ++last[static_cast<std::size_t>(id / 1000)]);
  }
  EXPECT_THAT(last, ElementsAre(300, 300, 300));
  EXPECT_EQ(log.counts().written, 900);
}

TEST(JsonLog, AppendsAndCompletesATornLine) {
  const auto path = fresh_folder() / "events.jsonl";
  std::ofstream(path) << "{\"whole\": 1}\n{\"torn\": ";
  {
    JsonLog log({.path = path});
    EXPECT_EQ(content_of(path), "{\"whole\": 1}\n{\"torn\": \n");
    log.take(numbered_event(1));
  }
  JsonLog log({.path = path});
  log.take(numbered_event(2));
  const auto lines = lines_of(content_of(path));
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(number_in(lines[2]), 1);
  EXPECT_EQ(number_in(lines[3]), 2);
}

TEST(JsonLog, LeavesOutWhatIsNotFinalWhereAsked) {
  const auto path = fresh_folder() / "events.jsonl";
  JsonLog log({.path = path, .partial = false});
  for (int i = 1; i <= 4; ++i) log.take(numbered_event(i, i % 2 == 0));
  EXPECT_THAT(numbers_in(content_of(path)), ElementsAre(2, 4));
}

TEST(JsonLog, RotatesAndKeepsSoManyFiles) {
  const auto path = fresh_folder() / "events.jsonl";
  JsonLog log({.path = path, .max_bytes = 10 * kLineBytes, .keep = 2});
  // Three digits: every line is as long.
  for (int i = 100; i < 147; ++i) log.take(numbered_event(i));
  EXPECT_EQ(numbers_in(content_of(path)), counting(140, 146));
  EXPECT_EQ(numbers_in(content_of(path.string() + ".1")), counting(130, 139));
  EXPECT_EQ(numbers_in(content_of(path.string() + ".2")), counting(120, 129));
  EXPECT_FALSE(fs::exists(path.string() + ".3"));
  EXPECT_EQ(log.counts().rotations, 4);
  EXPECT_EQ(log.counts().written, 47);
  EXPECT_EQ(log.counts().lost, 0);
}

TEST(JsonLog, ALineLongerThanAFileStandsAlone) {
  const auto path = fresh_folder() / "events.jsonl";
  JsonLog log({.path = path, .max_bytes = 5, .keep = 9});
  for (int i = 1; i <= 3; ++i) log.take(numbered_event(i));
  EXPECT_THAT(numbers_in(content_of(path)), ElementsAre(3));
  EXPECT_THAT(numbers_in(content_of(path.string() + ".2")), ElementsAre(1));
}

TEST(JsonLog, GrowsOnWhereItCannotBeMoved) {
  const auto path = fresh_folder() / "events.jsonl";
  // No file can take the place of a folder that is not empty.
  fs::create_directories(path.string() + ".1/occupied");
  const KeptLog said;
  JsonLog log({.path = path, .max_bytes = 5, .keep = 1});
  for (int i = 1; i <= 3; ++i) log.take(numbered_event(i));
  EXPECT_THAT(numbers_in(content_of(path)), ElementsAre(1, 2, 3));
  EXPECT_THAT(said.text(), HasSubstr("cannot be moved to events.jsonl.1"));
}

TEST(JsonLog, ReopensForAnOutsideLogrotate) {
  const auto path = fresh_folder() / "events.jsonl";
  const fs::path moved = path.string() + "-old";
  JsonLog log({.path = path});
  log.take(numbered_event(1));
  fs::rename(path, moved);
  log.take(numbered_event(2));
  log.reopen();
  log.take(numbered_event(3));
  EXPECT_THAT(numbers_in(content_of(moved)), ElementsAre(1, 2));
  EXPECT_THAT(numbers_in(content_of(path)), ElementsAre(3));
}

TEST(JsonLog, RotatingMovesNoFileThatIsNotItsOwn) {
  const auto path = fresh_folder() / "events.jsonl";
  JsonLog log({.path = path, .max_bytes = kLineBytes + 5, .keep = 3});
  log.take(numbered_event(100));
  fs::rename(path, path.string() + "-old");
  log.take(numbered_event(101));
  EXPECT_THAT(numbers_in(content_of(path)), ElementsAre(101));
  EXPECT_FALSE(fs::exists(path.string() + ".1"));
}

TEST(JsonLog, AFullDiskIsSaidOnceAndWhatWaitsIsWrittenLater) {
  const auto path = fresh_folder() / "events.jsonl";
  fs::create_symlink("/dev/full", path);
  const KeptLog said;
  JsonLog log({.path = path, .waiting_events = 4});
  for (int i = 1; i <= 8; ++i) log.take(numbered_event(i, i % 2 == 0));
  EXPECT_EQ(log.counts().written, 0);
  EXPECT_EQ(log.counts().outages, 1);
  EXPECT_EQ(said.count("No space left on device"), 1) << said.text();

  // Event 1 is at hand, and of the others the four final ones are kept.
  EXPECT_EQ(log.counts().lost, 3);
  fs::remove(path);
  log.reopen();
  log.take(numbered_event(9));
  EXPECT_THAT(numbers_in(content_of(path)), ElementsAre(1, 2, 4, 6, 8, 9));
  EXPECT_EQ(said.count("are written again; 3 have been lost"), 1) << said.text();
}

TEST(JsonLog, ALineThatAFullDiskCutIsCompletedWhenThereIsRoom) {
  const auto path = fresh_folder() / "events.jsonl";
  JsonLog log({.path = path});
  {
    FileSizeLimit limit(kLineBytes + kLineBytes / 2);
    for (int i = 100; i < 103; ++i) log.take(numbered_event(i));
    EXPECT_EQ(fs::file_size(path), kLineBytes + kLineBytes / 2);
    EXPECT_EQ(log.counts().written, 1);
  }
  log.take(numbered_event(103));
  EXPECT_EQ(numbers_in(content_of(path)), counting(100, 103));
  EXPECT_EQ(content_of(path).size(), 4 * kLineBytes);
  EXPECT_EQ(log.counts().lost, 0);
}

TEST(JsonLog, AFolderThatIsGoneIsTriedAgain) {
  const auto folder = fresh_folder();
  const auto path = folder / "logs" / "events.jsonl";
  const KeptLog said;
  JsonLog log({.path = path});
  fs::remove_all(folder / "logs");
  log.reopen();
  log.take(numbered_event(1));
  EXPECT_EQ(said.count("No such file or directory"), 1) << said.text();
  fs::create_directories(folder / "logs");
  log.take(numbered_event(2));
  EXPECT_THAT(numbers_in(content_of(path)), ElementsAre(1, 2));
}

TEST(JsonLog, RefusesAFileThatCannotBeOpened) {
  EXPECT_THAT(thrown_error(ErrorKind::kOutput, [] { JsonLog log({.path = "/proc/none/a"}); }),
              HasSubstr("/proc/none/a"));
}

TEST(JsonLog, WhatWasTakenSurvivesKillNine) {
  const auto path = fresh_folder() / "events.jsonl";
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    JsonLog log({.path = path});
    for (std::int64_t i = 1;; ++i) {
      log.take(numbered_event(i));
      if (write(ends[1], &i, sizeof i) != sizeof i) _exit(1);
    }
  }
  close(ends[1]);
  std::int64_t taken = 0;
  while (taken < 500) ASSERT_EQ(read(ends[0], &taken, sizeof taken), ssize_t{sizeof taken});
  kill(child, SIGKILL);
  while (read(ends[0], &taken, sizeof taken) == ssize_t{sizeof taken}) {
  }
  close(ends[0]);
  waitpid(child, nullptr, 0);
  const std::string text = content_of(path);
  ASSERT_TRUE(text.ends_with("}\n"));
  const auto numbers = numbers_in(text);
  EXPECT_EQ(numbers, counting(1, static_cast<std::int64_t>(numbers.size())));
  EXPECT_GE(numbers.back(), taken);
}

TEST(JsonLog, WritesToStandardOutput) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::fflush(stdout);
  const int before = dup(STDOUT_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  {
    JsonLog log({.path = "-"});
    for (int i = 1; i <= 3; ++i) log.take(numbered_event(i));
  }
  // Others who share the pipe still find it blocking.
  const int flags = fcntl(STDOUT_FILENO, F_GETFL);
  dup2(before, STDOUT_FILENO);
  close(before);
  close(ends[1]);
  EXPECT_EQ(flags & O_NONBLOCK, 0);
  EXPECT_THAT(numbers_in(read_all(ends[0])), ElementsAre(1, 2, 3));
}

TEST(JsonLog, AFifoKeepsEventsUntilSomebodyReads) {
  const auto path = fresh_folder() / "events";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  JsonLog log({.path = path});
  log.take(numbered_event(1));
  log.take(numbered_event(2));
  const int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  char buffer[4096];
  const ssize_t n = read(reader, buffer, sizeof buffer);
  close(reader);
  ASSERT_GT(n, 0);
  EXPECT_THAT(numbers_in({buffer, static_cast<std::size_t>(n)}), ElementsAre(1, 2));
}

/// Lines to a pipe or socket whose other end nobody reads at first.
void stop_reading_and_go_on(int writer, int reader) {
  constexpr std::int64_t kLines = 5000;
  auto lines = std::make_unique<LinePipe>(writer, "a pipe", 1000, 1 << 20);
  close(writer);
  const double seconds = seconds_of([&] {
    for (std::int64_t i = 1; i <= kLines; ++i)
      lines->write(numbered_event(i, i % 10 == 0).json + '\n', i % 10 == 0);
  });
  EXPECT_LT(seconds, 1);
  const LineCounts counts = lines->counts();
  EXPECT_GT(counts.written, 10);
  EXPECT_GT(counts.lost, 1000);

  std::string text;
  std::thread reading([&] { text = read_all(reader); });
  EXPECT_TRUE(comes_true([&] { return lines->counts().written + lines->counts().lost == kLines; }));
  lines.reset();
  reading.join();
  const auto numbers = numbers_in(text);
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
  EXPECT_EQ(std::count_if(numbers.begin(), numbers.end(), [](auto i) { return i % 10 == 0; }),
            kLines / 10)
      << "a final event is lost, though there was room for all of them";
}

TEST(LinePipe, AReaderWhoStopsReadingHoldsNobodyUp) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  stop_reading_and_go_on(ends[1], ends[0]);
}

TEST(LinePipe, NorDoesASocketAsOfTheJournal) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  stop_reading_and_go_on(ends[1], ends[0]);
}

TEST(LinePipe, AReaderWhoHasGoneIsSaidOnceAndKillsNobody) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const KeptLog said;
  LinePipe lines(ends[1], "a pipe", 10, 10000);
  close(ends[1]);
  close(ends[0]);
  for (std::int64_t i = 1; i <= 20; ++i) lines.write(numbered_event(i).json + '\n', true);
  EXPECT_EQ(lines.counts().lost, 20);
  EXPECT_EQ(said.count("Broken pipe"), 1) << said.text();
}

TEST(LinePipe, AReaderWhoNeverReadsDelaysTheEndByASecondAtMost) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const KeptLog said;
  auto lines = std::make_unique<LinePipe>(ends[1], "a pipe", 1000, 1 << 20);
  for (std::int64_t i = 1; i <= 1000; ++i) lines->write(numbered_event(i).json + '\n', true);
  EXPECT_LT(seconds_of([&] { lines.reset(); }), 1.5);
  EXPECT_EQ(said.count("nobody took the last"), 1) << said.text();
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace attune::live
