// Nothing is lost and nothing done by halves, whenever the batch or one of its workers is killed:
// what is there is whole, and after a rerun everything is as if nothing had happened.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/cli/program_runner.h"

namespace attune::cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr int kClips = 30;
constexpr int kKills = 50;

/// The results by name, without the records, which hold times.
std::map<std::string, std::string> contents(const fs::path& out) {
  std::map<std::string, std::string> files;
  if (!fs::exists(out)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(out)) {
    const std::string name = fs::relative(entry.path(), out);
    if (entry.is_regular_file() && name.find("/.") == std::string::npos && name[0] != '.')
      files[name] = read_text(entry.path());
  }
  return files;
}

class BatchKillTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(folder_ / "in");
    shell(ATTUNE_SCENE_PROGRAM " -o " + path("scene.mp4") +
          " --turns 3 --parts dialogue --size 320x180 >/dev/null 2>&1");
    // By one call: most of a call's time goes into its start.
    std::string clips;
    for (int i = 0; i < kClips; ++i) {
      clips += " -ss " + std::to_string(0.2 * i) + " -t 0.6 -c:v mpeg4 -c:a aac " +
               path("in/clip" + std::to_string(i) + ".mp4");
    }
    shell("ffmpeg -v error -y -i " + path("scene.mp4") + clips);
  }

  std::string path(const std::string& name) const { return folder_ / name; }
  static void shell(const std::string& line) {
    if (std::system(line.c_str()) != 0) throw std::runtime_error("failed: " + line);
  }

  pid_t start(const std::string& out) const {
    const pid_t process = fork();
    if (process != 0) return process;
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    execl(ATTUNE_PROGRAM, "attune", "--quiet", "batch", path("in").c_str(), "-o", out.c_str(),
          "--jobs", "2", "--threads", "1", "--retry-delay", "10ms", "--retries", "20", "--set",
          "captioner=none", nullptr);
    _exit(127);
  }
  /// Exit code, or 128 + signal; nothing when it has not ended after that time.
  static std::optional<int> wait_for(pid_t process, milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    int status = 0;
    while (waitpid(process, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() >= end) return std::nullopt;
      std::this_thread::sleep_for(milliseconds(2));
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  TemporaryFolder folder_;
};

std::vector<pid_t> children(pid_t process) {
  const std::string name = std::to_string(process);
  std::ifstream stream("/proc/" + name + "/task/" + name + "/children");
  std::vector<pid_t> pids;
  for (pid_t pid = 0; stream >> pid;) pids.push_back(pid);
  return pids;
}

TEST_F(BatchKillTest, ARerunGivesWhatAnUndisturbedRunGives) {
  const auto start_time = std::chrono::steady_clock::now();
  ASSERT_EQ(wait_for(start(path("undisturbed")), std::chrono::minutes(5)), 0);
  const auto whole_run =
      std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start_time);
  const auto expected = contents(path("undisturbed"));
  ASSERT_GE(expected.size(), std::size_t{2 * kClips});

  std::mt19937 random(1);
  // A few recordings come to their end before each kill, whatever the machine's speed.
  std::uniform_int_distribution<std::int64_t> moment(0, whole_run.count() / 8);
  int kills = 0;
  for (int round = 0; kills < kKills; ++round) {
    const std::string out = path("out" + std::to_string(round));
    for (bool finished = false; !finished;) {
      const pid_t batch = start(out);
      std::optional<int> ended;
      while (!(ended = wait_for(batch, milliseconds(moment(random))))) {
        const auto workers = children(batch);
        const bool whole_batch = workers.empty() || random() % 3 == 0;
        kills += kill(whole_batch ? batch : workers[random() % workers.size()], SIGKILL) == 0;
      }
      ASSERT_NE(ended, 1) << "a recording was given up";
      finished = ended == 0;
      for (const auto& [name, content] : contents(out))
        ASSERT_EQ(content, expected.at(name)) << name << " after " << kills << " kills";
    }
    EXPECT_EQ(contents(out), expected) << "round " << round;
    EXPECT_FALSE(fs::exists(fs::path(out) / ".attune/failed"));
    fs::remove_all(out);
  }
}

}  // namespace
}  // namespace attune::cli
