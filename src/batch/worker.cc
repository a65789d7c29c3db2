#include "batch/worker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <utility>

#include "core/error.h"

namespace attune::batch {
namespace {

using nlohmann::json;

constexpr std::size_t kLogLines = 20;
/// A line that never ends must not fill the memory.
constexpr std::size_t kLongestLine = 1 << 20;

struct Pipe {
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      throw Error(ErrorKind::kTryLater, fmt::format("cannot start a worker: {}", strerror(errno)));
  }
  ~Pipe() {
    for (const int end : ends)
      if (end >= 0) ::close(end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int release_read() { return std::exchange(ends[0], -1); }
  void close_write() { ::close(std::exchange(ends[1], -1)); }

  std::array<int, 2> ends{-1, -1};
};

class SpawnActions {
 public:
  SpawnActions() { posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  void duplicate(int from, int to) { posix_spawn_file_actions_adddup2(&actions_, from, to); }
  void open_null(int descriptor) {
    posix_spawn_file_actions_addopen(&actions_, descriptor, "/dev/null", O_WRONLY, 0);
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// A process group of its own, so that Ctrl-C on the terminal reaches the parent alone; signals as
/// they are by default.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    for (const int signal : {SIGINT, SIGTERM, SIGPIPE}) sigaddset(&signals, signal);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

std::vector<std::string> arguments(const std::vector<std::string>& plugins) {
  std::vector<std::string> words{"attune", "--log-json"};
  for (const std::string& plugin : plugins) {
    words.emplace_back("--plugin");
    words.push_back(plugin);
  }
  words.insert(words.end(), {"batch", "worker"});
  return words;
}

pid_t spawn(std::vector<std::string> words, int input, int events) {
  SpawnActions actions;
  actions.duplicate(input, STDIN_FILENO);
  actions.open_null(STDOUT_FILENO);
  actions.duplicate(events, STDERR_FILENO);
  const SpawnAttributes attributes;
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_t process = -1;
  const int error = posix_spawn(&process, "/proc/self/exe", actions.get(), attributes.get(),
                                pointers.data(), environ);
  if (error != 0)
    throw Error(ErrorKind::kTryLater, fmt::format("cannot start a worker: {}", strerror(error)));
  return process;
}

/// The job fits into a pipe's buffer or the worker reads it; one that died before is seen later.
void send(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

std::string to_text(const Job& job) {
  json object{{"input", job.input},       {"pipeline", job.pipeline},
              {"settings", job.settings}, {"folder", job.folder.string()},
              {"threads", job.threads},   {"open_files", job.open_files},
              {"confine", job.confine},   {"parent", job.parent},
              {"parts", json::array()},   {"split_length_ns", job.split_length.count()}};
  for (const auto& part : job.parts) object["parts"].push_back(part.string());
  if (job.part) object["part"] = {{"index", job.part->index}, {"count", job.part->count}};
  return object.dump();
}

Job parse_job(const std::string& text) {
  try {
    const json object = json::parse(text);
    Job job;
    job.input = object.at("input");
    job.pipeline = object.at("pipeline");
    job.settings = object.at("settings");
    job.folder = object.at("folder").get<std::string>();
    job.threads = object.at("threads");
    job.open_files = object.at("open_files");
    job.split_length = Duration(object.at("split_length_ns").get<std::int64_t>());
    if (object.contains("part"))
      job.part = PartNumber{object.at("part").at("index"), object.at("part").at("count")};
    for (const std::string file : object.at("parts")) job.parts.emplace_back(file);
    job.confine = object.at("confine");
    job.parent = object.at("parent");
    return job;
  } catch (const json::exception& error) {
    throw Error(ErrorKind::kUsage,
                fmt::format("attune batch worker reads a job from standard input and is started by "
                            "attune batch alone: {}",
                            error.what()));
  }
}

Worker::Worker(const Job& job, const std::vector<std::string>& plugins) {
  Pipe input;
  Pipe events;
  process_ = spawn(arguments(plugins), input.ends[0], events.ends[1]);
  send(input.ends[1], to_text(job));
  events.close_write();
  events_ = events.release_read();
  ::fcntl(events_, F_SETFL, O_NONBLOCK);
}

Worker::~Worker() {
  if (process_ > 0) {
    kill();
    wait();
  }
  ::close(events_);
}

bool Worker::read_events() {
  std::array<char, 16384> buffer{};
  while (true) {
    const ssize_t count = ::read(events_, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return true;
    if (count == 0) {
      if (!unread_.empty()) take_line(unread_);
      unread_.clear();
      return false;
    }
    unread_.append(buffer.data(), static_cast<std::size_t>(count));
    std::size_t start = 0;
    for (std::size_t end; (end = unread_.find('\n', start)) != std::string::npos; start = end + 1)
      take_line(unread_.substr(start, end - start));
    unread_.erase(0, start);
    if (unread_.size() > kLongestLine) unread_.clear();
  }
}

void Worker::take_line(const std::string& line) {
  const json object = json::parse(line, nullptr, false);
  const bool is_event = object.is_object() && object.contains("event");
  if (!is_event) {
    const std::string text = object.is_object() ? object.value("message", line) : line;
    if (object.is_object() && object.value("level", "") == "error") report_.error = text;
    report_.log.push_back(text);
    if (report_.log.size() > kLogLines) report_.log.pop_front();
    return;
  }
  const std::string event = object.at("event");
  if (event == "progress") {
    report_.done = from_seconds(object.value("done", 0.0));
    report_.total = from_seconds(object.value("total", 0.0));
  } else if (event == "failed") {
    report_.error = object.value("message", "");
  } else if (event == "checksum") {
    report_.input_sha256 = object.value("sha256", "");
  } else if (event == "parts") {
    report_.parts = object.value("count", 0);
  } else if (event == "unconfined") {
    report_.unconfined.push_back(object.value("message", ""));
  } else if (event == "finished") {
    report_.finished = true;
    report_.complete = object.value("complete", false);
    report_.media = from_seconds(object.value("media", 0.0));
    for (const std::string file : object.at("files")) report_.files.emplace_back(file);
    for (const auto& [role, model] : object.at("models").items())
      report_.models[role] = {model.at("name"), model.at("sha256")};
  }
}

std::uint64_t Worker::resident_bytes() const {
  // statm(5): size, resident, ... in pages.
  std::ifstream stream(fmt::format("/proc/{}/statm", process_));
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  stream >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void Worker::stop() const {
  if (process_ > 0) ::kill(-process_, SIGTERM);
}

void Worker::kill() const {
  if (process_ > 0) ::kill(-process_, SIGKILL);
}

Worker::Exit Worker::wait() {
  int status = 0;
  rusage usage{};
  while (::wait4(process_, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  process_ = -1;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, static_cast<std::uint64_t>(usage.ru_maxrss) * 1024};
}

}  // namespace attune::batch
