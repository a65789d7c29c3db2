#include "batch/batch_run.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <memory>
#include <optional>
#include <set>

#include "batch/batch_folder.h"
#include "batch/ledger.h"
#include "batch/resume.h"
#include "batch/worker.h"
#include "core/error.h"
#include "core/version.h"

namespace attune::batch {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Duration kPollInterval = std::chrono::milliseconds(100);
constexpr Duration kProgressInterval = std::chrono::milliseconds(200);
constexpr Duration kLongestRetryDelay = std::chrono::minutes(5);

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::string shard_label(const std::string& shard) {
  if (shard.empty()) return "all";
  std::string label = shard;
  label.replace(label.find('/'), 1, "-of-");
  return label;
}

/// An item that waits for a worker.
struct Waiting {
  Item item;
  int attempt = 1;
  Clock::time_point not_before{};
};

struct Running {
  Item item;
  int attempt = 1;
  std::filesystem::path folder;
  std::optional<InputState> input_state;
  std::chrono::system_clock::time_point started;
  std::unique_ptr<Worker> worker;
  WorkerEnd end;
};

class BatchRun {
 public:
  BatchRun(const std::vector<Item>& items, const BatchOptions& options, BatchObserver& observer,
           const std::atomic<bool>& stop)
      : options_(options),
        observer_(observer),
        stop_(stop),
        folder_(options.output_folder),
        lock_(folder_, shard_label(options.shard)),
        ledger_(folder_, shard_label(options.shard)),
        item_count_(items.size()) {
    save_pipeline(options, folder_.settings_file());
    take_work(items);
  }

  BatchOutcome execute() {
    while (!running_.empty() || (!is_ending() && !waiting_.empty())) {
      if (is_ending() && !ending_since_) begin_ending();
      if (!is_ending()) start_workers();
      wait_for_events();
      enforce_limits();
      tell_progress();
    }
    outcome_.left += waiting_.size();
    outcome_.wall = Clock::now() - start_;
    return std::move(outcome_);
  }

 private:
  void take_work(const std::vector<Item>& items) {
    WorkLeft left = work_left(items, folder_, options_);
    ledger_.put_missing(left.done);
    ledger_.put_missing(left.failed);
    outcome_.done_before = left.done.size();
    outcome_.failed = std::move(left.failed);
    for (Item& item : left.to_do) waiting_.push_back({std::move(item)});
  }

  bool is_ending() const {
    return stop_ || !outcome_.try_later.empty() || !outcome_.configuration_error.empty();
  }

  /// On a signal what runs is given up; otherwise it may finish.
  void begin_ending() {
    if (!stop_) return;
    ending_since_ = Clock::now();
    for (const Running& run : running_) run.worker->stop();
  }

  /// The next item that may start now. While results cannot be written only the item that found
  /// that out is tried, so that work is not thrown away.
  std::deque<Waiting>::iterator next_ready() {
    const auto now = Clock::now();
    return std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) {
      return waiting.not_before <= now && (!output_fails_ || waiting.attempt > 1);
    });
  }

  void start_workers() {
    while (running_.size() < static_cast<std::size_t>(options_.jobs)) {
      const auto next = next_ready();
      if (next == waiting_.end()) return;
      const Waiting waiting = std::move(*next);
      waiting_.erase(next);
      try {
        start(waiting);
      } catch (const Error& error) {
        end_early(waiting, error.what());
        return;
      }
    }
  }

  void start(const Waiting& waiting) {
    Running run{waiting.item,
                waiting.attempt,
                lock_.new_work_folder(),
                input_state(waiting.item.input),
                std::chrono::system_clock::now(),
                nullptr,
                {}};
    Job job{run.item.input,   options_.pipeline,   options_.settings, run.folder,
            options_.threads, options_.open_files, options_.confine,  ::getpid()};
    for (const auto& [name, value] : run.item.settings) job.settings[name] = value;
    run.worker = std::make_unique<Worker>(job, options_.plugins);
    if (run.attempt == 1) observer_.started(run.item);
    running_.push_back(std::move(run));
  }

  void end_early(const Waiting& waiting, const std::string& why) {
    outcome_.try_later = why;
    waiting_.push_front(waiting);
  }

  void wait_for_events() {
    std::vector<pollfd> descriptors;
    for (const Running& run : running_)
      descriptors.push_back({run.worker->descriptor(), POLLIN, 0});
    const auto interval = std::chrono::duration_cast<std::chrono::milliseconds>(kPollInterval);
    ::poll(descriptors.data(), descriptors.size(), static_cast<int>(interval.count()));
    std::vector<Running> ended;
    for (std::size_t i = descriptors.size(); i-- > 0;) {
      if (descriptors[i].revents == 0 || running_[i].worker->read_events()) continue;
      ended.push_back(std::move(running_[i]));
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    for (Running& run : ended) finish(run);
  }

  void enforce_limits() {
    for (Running& run : running_) {
      const bool over_memory = options_.memory_limit_bytes > 0 &&
                               run.worker->resident_bytes() > options_.memory_limit_bytes;
      const bool over_time = run.worker->age() > time_limit(run);
      const bool over_grace = ending_since_ && Clock::now() - *ending_since_ > kStopGrace;
      if (!over_memory && !over_time && !over_grace) continue;
      run.end.over_memory = over_memory;
      run.end.over_time = over_time;
      run.worker->kill();
    }
  }

  Duration time_limit(const Running& run) const {
    const WorkerReport& report = run.worker->report();
    const Duration media =
        std::max({report.total, report.done, run.item.duration.value_or(Duration::zero())});
    const double hours = to_seconds(media) / 3600;
    return options_.time_allowance +
           from_seconds(to_seconds(options_.time_limit_per_media_hour) * hours);
  }

  void finish(Running& run) {
    const Worker::Exit exit = run.worker->wait();
    const WorkerReport& report = run.worker->report();
    remark_once(report.unconfined);
    run.end.exit_code = exit.code;
    run.end.message = report.error;
    run.end.input_unchanged = is_address(run.item.input) ||
                              (run.input_state && run.input_state == input_state(run.item.input));
    Record record = record_of(run, exit);
    if (exit.code == 0 && report.complete && run.end.input_unchanged) {
      publish(run, record);
    } else if (!ending_since_) {
      fail(run, record);
    } else {
      ++outcome_.left;
    }
    std::error_code ignored;
    std::filesystem::remove_all(run.folder, ignored);
  }

  /// What every worker of this machine would say.
  void remark_once(const std::vector<std::string>& sentences) {
    for (const std::string& sentence : sentences)
      if (remarked_.insert(sentence).second) observer_.remark(sentence);
  }

  Record record_of(const Running& run, const Worker::Exit& exit) const {
    const WorkerReport& report = run.worker->report();
    Record record;
    record.item = run.item;
    record.input_state = run.input_state;
    record.input_sha256 = report.input_sha256;
    record.settings_hash = settings_hash(options_.pipeline_hash, run.item.settings);
    record.models = report.models;
    record.attune_version = kVersion;
    for (const auto& file : report.files) record.files.push_back(file.filename());
    record.started = run.started;
    record.wall = run.worker->age();
    record.media = report.finished ? report.media : report.done;
    record.peak_memory_bytes = exit.peak_memory_bytes;
    record.attempts = run.attempt;
    record.exit_code = exit.code;
    record.host = host_;
    record.shard = options_.shard;
    return record;
  }

  void publish(Running& run, Record& record) {
    try {
      folder_.publish(run.folder, record);
    } catch (const Error& error) {
      run.end.exit_code = exit_code(error.kind());
      run.end.message = error.what();
      fail(run, record);
      return;
    }
    enter(record);
    output_fails_ = false;
    ++outcome_.done;
    outcome_.media += record.media;
    observer_.ended(record);
  }

  /// The ledger is a copy that can be made again: nothing is lost where it cannot be written.
  void enter(const Record& record) {
    try {
      ledger_.put(record);
    } catch (const Error& error) {
      remark_once({error.what()});
    }
  }

  void fail(const Running& run, Record& record) {
    const Failure failure =
        run.end.exit_code == 0
            ? Failure{FailureClass::kGone, run.item.input + ": was changed while it was worked on"}
            : classify(run.end);
    if (is_retried(failure.kind) && run.attempt <= options_.retries) {
      retry(run, failure);
      return;
    }
    if (run.end.output_failed()) {
      end_early({run.item}, failure.message);
      return;
    }
    if (run.end.exit_code == exit_code(ErrorKind::kModel) && run.item.settings.empty()) {
      outcome_.configuration_error = failure.message;
      waiting_.push_front({run.item});
      return;
    }
    record.exit_code = run.end.exit_code;
    record.failure = failure;
    record.log.assign(run.worker->report().log.begin(), run.worker->report().log.end());
    record_failure(record);
  }

  void retry(const Running& run, const Failure& failure) {
    const Duration delay = std::min<Duration>(
        kLongestRetryDelay,
        options_.retry_delay * (std::int64_t{1} << std::min(run.attempt - 1, 20)));
    output_fails_ = output_fails_ || run.end.output_failed();
    observer_.will_retry(run.item, failure, delay);
    waiting_.push_front({run.item, run.attempt + 1, Clock::now() + delay});
  }

  void record_failure(const Record& record) {
    try {
      folder_.write_failure(record);
    } catch (const Error& error) {
      end_early({record.item}, error.what());
      return;
    }
    enter(record);
    outcome_.failed.push_back(record);
    observer_.ended(record);
  }

  void tell_progress() {
    const auto now = Clock::now();
    if (now < next_progress_) return;
    next_progress_ = now + kProgressInterval;
    BatchProgress progress;
    progress.items = item_count_;
    progress.done = outcome_.done;
    progress.done_before = outcome_.done_before;
    progress.failed = outcome_.failed.size();
    progress.media = outcome_.media;
    for (const Running& run : running_) {
      const WorkerReport& report = run.worker->report();
      progress.running.push_back({run.item.input, report.done, report.total});
      progress.media += report.done;
    }
    progress.wall = now - start_;
    observer_.progress(progress);
  }

  const BatchOptions& options_;
  BatchObserver& observer_;
  const std::atomic<bool>& stop_;
  BatchFolder folder_;
  BatchLock lock_;
  Ledger ledger_;
  std::size_t item_count_;
  std::string host_ = host_name();
  std::deque<Waiting> waiting_;
  std::vector<Running> running_;
  BatchOutcome outcome_;
  std::set<std::string> remarked_;
  /// Set by a failure to write results until one is written again.
  bool output_fails_ = false;
  std::optional<Clock::time_point> ending_since_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_progress_{};
};

}  // namespace

BatchOutcome run_batch(const std::vector<Item>& items, const BatchOptions& options,
                       BatchObserver& observer, const std::atomic<bool>& stop) {
  return BatchRun(items, options, observer, stop).execute();
}

}  // namespace attune::batch
