#include "cli/batch_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "core/machine.h"
#include "core/time.h"
#include "pipeline/parameter_check.h"

namespace attune::cli {
namespace {

constexpr int kMostJobs = 1024;
/// What a worker needs at least, captioner included (docs/benchmarks.md has what pipelines take).
constexpr std::uint64_t kMemoryOfJob = std::uint64_t{1} << 30;

/// A number from 1 to kMostJobs, or `automatic` for "auto".
int count_or(const std::string& text, const char* option, int automatic) {
  if (text == "auto") return automatic;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > kMostJobs) {
    throw Error(ErrorKind::kUsage, fmt::format("{} {}: write a number from 1 to {}, or auto",
                                               option, text, kMostJobs));
  }
  return value;
}

/// Every processor has a job, as far as the memory goes round.
int automatic_jobs() {
  const std::uint64_t by_memory = available_memory() / kMemoryOfJob;
  return static_cast<int>(
      std::clamp<std::uint64_t>(by_memory, 1, static_cast<std::uint64_t>(usable_processors())));
}

/// An equal part for each, with a tenth left for everything else.
std::uint64_t memory_limit(const std::string& text, int jobs) {
  if (text == "none") return 0;
  if (text == "auto")
    return std::max(kMemoryOfJob / 2, available_memory() / 10 * 9 / static_cast<unsigned>(jobs));
  try {
    return pipeline::parse_size(text);
  } catch (const Error& error) {
    throw error.within("--memory " + text);
  }
}

Duration duration(const char* option, const std::string& text) {
  try {
    return parse_duration(text);
  } catch (const Error& error) {
    throw error.within(option);
  }
}

/// Seams are looked for within eighteen seconds.
constexpr Duration kShortestPart = std::chrono::minutes(1);

Duration split_length(const std::string& text) {
  if (text.empty()) return Duration::zero();
  const Duration length = duration("--split", text);
  if (length < kShortestPart)
    throw Error(ErrorKind::kUsage, fmt::format("--split {}: parts have at least a minute", text));
  return length;
}

}  // namespace

void add_batch_work_options(CLI::App& command, BatchWorkOptions& options) {
  command
      .add_option(
          "-j,--jobs", options.jobs,
          "Recordings at a time, each in a process of its own; auto: one for each processor "
          "that the cgroup allows, as far as the memory goes round")
      ->type_name("N|auto")
      ->capture_default_str();
  command
      .add_option("--threads", options.threads,
                  "Threads of each job; auto: the processors divided among the jobs")
      ->type_name("N|auto")
      ->capture_default_str();
  command
      .add_option("--memory", options.memory,
                  "What a job may hold before it is ended: a size such as 2GiB, none, or auto: its "
                  "part of what is free")
      ->type_name("SIZE")
      ->capture_default_str();
  command
      .add_option("--time-limit", options.time_limit,
                  "Time that a job may take for each hour of its recording")
      ->type_name("TIME")
      ->capture_default_str();
  command
      .add_option("--time-allowance", options.time_allowance,
                  "Time that a job may take besides, however short its recording")
      ->type_name("TIME")
      ->capture_default_str();
  command.add_option("--open-files", options.open_files, "Files that a job may have open")
      ->type_name("N")
      ->check(CLI::Range(32, 65536))
      ->capture_default_str();
  command
      .add_option("--retries", options.retries,
                  "How often a job that crashed or wanted memory, disk or time is tried again")
      ->type_name("N")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  command
      .add_option("--retry-delay", options.retry_delay,
                  "Time before that; twice as long after each further failure")
      ->type_name("TIME")
      ->capture_default_str();
  command
      .add_option("--split", options.split,
                  "Work on recordings of more than one and a half times this length in parts of "
                  "about it, several at a time; at least 1min, 20min is sensible")
      ->type_name("TIME");
  command.add_flag("--no-sandbox", options.no_sandbox,
                   "Let jobs write anywhere and use the network");
  command
      .add_option("--metrics-file", options.metrics_file,
                  "Keep a file of metrics for Prometheus up to date, such as the node exporter's "
                  "textfile collector reads")
      ->type_name("FILE.prom");
  command
      .add_option("--metrics-address", options.metrics_address,
                  "Answer Prometheus at this address, such as 127.0.0.1:9464")
      ->type_name("HOST:PORT");
}

void apply(const BatchWorkOptions& options, batch::BatchOptions& batch) {
  batch.jobs = count_or(options.jobs, "--jobs", automatic_jobs());
  batch.threads =
      count_or(options.threads, "--threads", std::max(1, usable_processors() / batch.jobs));
  batch.memory_limit_bytes = memory_limit(options.memory, batch.jobs);
  batch.time_limit_per_media_hour = duration("--time-limit", options.time_limit);
  batch.time_allowance = duration("--time-allowance", options.time_allowance);
  batch.open_files = options.open_files;
  batch.retries = options.retries;
  batch.retry_delay = duration("--retry-delay", options.retry_delay);
  batch.split_length = split_length(options.split);
  batch.confine = !options.no_sandbox;
}

}  // namespace attune::cli
