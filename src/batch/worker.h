#pragma once

#include <sys/types.h>

#include <chrono>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "batch/failure.h"
#include "batch/item.h"
#include "batch/part_folder.h"
#include "pipeline/node.h"

namespace attune::batch {

/// What a worker process is told to do, as JSON on its standard input.
struct Job {
  std::string input;
  /// File or name, as for `attune run`.
  std::string pipeline;
  pipeline::Overrides settings;
  /// Where it writes; the only place where it may.
  std::filesystem::path folder;
  int threads = 1;
  int open_files = 256;
  /// In which parts the recording is worked on; zero: as a whole.
  Duration split_length{};
  /// The part to work on. Nothing, where there is a split length: the worker finds out how many
  /// parts there are, tells, and works on the first, or on the whole where it is the only one.
  std::optional<PartNumber> part;
  /// Files of all parts, to make the results of. Empty: there is more to do first.
  std::vector<std::filesystem::path> parts;
  /// Whether it confines itself (sandbox.h).
  bool confine = true;
  /// Process that started it, and with which it ends.
  pid_t parent = 0;
};

std::string to_text(const Job& job);
/// Throws Error(kUsage).
Job parse_job(const std::string& text);

/// What a worker has told about its work, in events on its standard error.
struct WorkerReport {
  /// Media time done, and the whole where it is known.
  Duration done{};
  Duration total{};
  bool finished = false;
  bool complete = false;
  std::vector<std::filesystem::path> files;
  std::map<std::string, pipeline::ModelUsed> models;
  Duration media{};
  std::string input_sha256;
  /// Into how many parts it found the recording to be divided; 0 where it did not look.
  int parts = 0;
  /// What the kernel cannot keep it from doing, in sentences.
  std::vector<std::string> unconfined;
  std::string error;
  /// The last lines of its log, and what libraries printed.
  std::deque<std::string> log;
};

/// A process of this program, `attune batch worker`, that works on one item in a process group of
/// its own. It dies with its parent. Not thread-safe.
class Worker {
 public:
  /// Throws Error(kTryLater) when no process can be started.
  Worker(const Job& job, const std::vector<std::string>& plugins);
  /// Kills it when it is still running.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// For poll(2): readable when there are events, and when it has ended.
  int descriptor() const { return events_; }
  /// Takes what it has said. False when it has ended: then call wait().
  bool read_events();
  const WorkerReport& report() const { return report_; }

  /// Bytes resident now; 0 when it has just ended.
  std::uint64_t resident_bytes() const;
  std::chrono::steady_clock::duration age() const {
    return std::chrono::steady_clock::now() - start_;
  }

  /// Asks it to stop; what it has not finished is lost.
  void stop() const;
  void kill() const;

  /// Blocks until it is gone; exit code or 128 + signal, and the most memory that it held.
  struct Exit {
    int code = 0;
    std::uint64_t peak_memory_bytes = 0;
  };
  Exit wait();

 private:
  void take_line(const std::string& line);

  pid_t process_ = -1;
  int events_ = -1;
  std::string unread_;
  WorkerReport report_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace attune::batch
