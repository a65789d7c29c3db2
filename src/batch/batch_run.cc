#include "batch/batch_run.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "batch/batch_folder.h"
#include "batch/divided_item.h"
#include "batch/ledger.h"
#include "batch/resume.h"
#include "batch/worker.h"
#include "core/error.h"
#include "core/version.h"
#include "media/input_check.h"

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

/// What a worker is to do: all of an item, one of its parts, or the results of its parts.
struct Task {
  Item item;
  std::optional<PartNumber> part = std::nullopt;
  bool joins = false;
};

std::string name_of(const Task& task) {
  if (!task.part) return task.item.input;
  return fmt::format("{} ({} of {})", task.item.input, task.part->index + 1, task.part->count);
}

/// A task that waits for a worker.
struct Waiting {
  Task task;
  int attempt = 1;
  Clock::time_point not_before{};
};

struct Running {
  Task task;
  int attempt = 1;
  std::filesystem::path folder;
  std::optional<InputState> input_state;
  std::chrono::system_clock::time_point started;
  std::unique_ptr<Worker> worker;
  WorkerEnd end;
  /// What it does is not wanted any more.
  bool is_abandoned = false;
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
    outcome_.left = item_count_ - outcome_.done_before - outcome_.done - outcome_.failed.size();
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
    for (Item& item : left.to_do) add_work(std::move(item));
  }

  /// Goes on where an earlier run had worked on parts of the item.
  void add_work(Item item) {
    const std::optional<InputState> state = input_state(item.input);
    const auto count =
        options_.split_length > Duration::zero() ? parts_of(item, state).count() : std::nullopt;
    if (count) {
      divide(item, *count, state);
    } else {
      waiting_.push_back({{std::move(item)}});
    }
  }

  PartFolder parts_of(const Item& item, const std::optional<InputState>& state) const {
    const std::string settings = settings_hash(options_.pipeline_hash, item.settings);
    return {folder_, item.output, parts_key(settings, state, options_.split_length)};
  }

  /// From now on the item is worked on in parts.
  void divide(const Item& item, int count, const std::optional<InputState>& state) {
    const DividedItem& parts =
        divided_.try_emplace(item.output, parts_of(item, state), count, state).first->second;
    for (const PartNumber& part : parts.missing()) waiting_.push_back({{item, part}});
    if (parts.missing().empty()) waiting_.push_back({{item, std::nullopt, true}});
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
    const Item& item = waiting.task.item;
    Running run{waiting.task,
                waiting.attempt,
                lock_.new_work_folder(),
                input_state(item.input),
                std::chrono::system_clock::now(),
                nullptr,
                {},
                false};
    run.worker = std::make_unique<Worker>(job_of(run), options_.plugins);
    if (run.attempt == 1 && !run.task.part && !run.task.joins) observer_.started(item);
    running_.push_back(std::move(run));
  }

  Job job_of(const Running& run) const {
    const Item& item = run.task.item;
    Job job;
    job.input = item.input;
    job.pipeline = options_.pipeline;
    job.settings = options_.settings;
    for (const auto& [name, value] : item.settings) job.settings[name] = value;
    job.folder = run.folder;
    job.threads = options_.threads;
    job.open_files = options_.open_files;
    job.split_length = options_.split_length;
    job.part = run.task.part;
    if (run.task.joins) job.parts = divided_.at(item.output).files();
    job.confine = options_.confine;
    job.parent = ::getpid();
    return job;
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
      if (descriptors[i].revents == 0) continue;
      const bool is_alive = running_[i].worker->read_events();
      if (running_[i].worker->report().parts > 1) begin_parts(running_[i]);
      if (is_alive) continue;
      ended.push_back(std::move(running_[i]));
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    for (Running& run : ended) finish(run);
  }

  /// The worker found that its item has parts, and works on the first of them.
  void begin_parts(Running& run) {
    const Item& item = run.task.item;
    if (run.task.part || divided_.contains(item.output)) return;
    const int count = run.worker->report().parts;
    run.task.part = PartNumber{0, count};
    divided_.try_emplace(item.output, parts_of(item, run.input_state), count, run.input_state);
    for (int index = count - 1; index > 0; --index)
      waiting_.push_front({{item, PartNumber{index, count}}});
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
        std::max({report.total, report.done, run.task.item.duration.value_or(Duration::zero())});
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
    run.end.input_unchanged = is_input_unchanged(run);
    Record record = record_of(run, exit);
    if (run.is_abandoned) {
      // Another part of its item has failed.
    } else if (exit.code == 0 && report.complete && run.end.input_unchanged) {
      publish(run, record);
    } else if (!ending_since_) {
      fail(run, record);
    }
    std::error_code ignored;
    std::filesystem::remove_all(run.folder, ignored);
  }

  bool is_input_unchanged(const Running& run) const {
    const Item& item = run.task.item;
    if (media::is_address(item.input)) return true;
    const auto divided = divided_.find(item.output);
    const bool is_of_other_parts =
        divided == divided_.end() || divided->second.input_state() == run.input_state;
    return run.input_state && is_of_other_parts && run.input_state == input_state(item.input);
  }

  /// What every worker of this machine would say.
  void remark_once(const std::vector<std::string>& sentences) {
    for (const std::string& sentence : sentences)
      if (remarked_.insert(sentence).second) observer_.remark(sentence);
  }

  Record record_of(const Running& run, const Worker::Exit& exit) const {
    const WorkerReport& report = run.worker->report();
    Record record;
    record.item = run.task.item;
    record.input_state = run.input_state;
    record.input_sha256 = report.input_sha256;
    record.settings_hash = settings_hash(options_.pipeline_hash, run.task.item.settings);
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
      if (run.task.part) {
        publish_part(run, record);
        return;
      }
      if (run.task.joins) divided_.at(run.task.item.output).add_to(record);
      folder_.publish(run.folder, record);
    } catch (const Error& error) {
      run.end.exit_code = exit_code(error.kind());
      run.end.message = error.what();
      fail(run, record);
      return;
    }
    forget_parts(run.task.item);
    enter(record);
    output_fails_ = false;
    ++outcome_.done;
    outcome_.media += record.media;
    observer_.ended(record);
  }

  void publish_part(const Running& run, const Record& record) {
    DividedItem& parts = divided_.at(run.task.item.output);
    parts.publish(run.folder, *run.task.part, record);
    output_fails_ = false;
    if (parts.missing().empty()) waiting_.push_front({{run.task.item, std::nullopt, true}});
  }

  /// Also those of an earlier run that was to split the item.
  void forget_parts(const Item& item) {
    divided_.erase(item.output);
    PartFolder(folder_, item.output, "").remove();
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
    const Item& item = run.task.item;
    const Failure failure =
        run.end.exit_code == 0
            ? Failure{FailureClass::kGone, item.input + ": was changed while it was worked on"}
            : classify(run.end);
    if (is_retried(failure.kind) && run.attempt <= options_.retries) {
      retry(run, failure);
      return;
    }
    if (run.end.output_failed()) {
      end_early({run.task}, failure.message);
      return;
    }
    if (run.end.exit_code == exit_code(ErrorKind::kModel) && item.settings.empty()) {
      outcome_.configuration_error = failure.message;
      return;
    }
    abandon_parts(item);
    record.exit_code = run.end.exit_code;
    record.failure = failure;
    record.log.assign(run.worker->report().log.begin(), run.worker->report().log.end());
    record_failure(record);
  }

  /// Without one of its parts an item has no results.
  void abandon_parts(const Item& item) {
    if (!divided_.contains(item.output)) return;
    std::erase_if(waiting_,
                  [&](const Waiting& waiting) { return waiting.task.item.output == item.output; });
    for (Running& run : running_) {
      if (run.task.item.output != item.output) continue;
      run.is_abandoned = true;
      run.worker->kill();
    }
    forget_parts(item);
  }

  void retry(const Running& run, const Failure& failure) {
    const Duration delay = std::min<Duration>(
        kLongestRetryDelay,
        options_.retry_delay * (std::int64_t{1} << std::min(run.attempt - 1, 20)));
    output_fails_ = output_fails_ || run.end.output_failed();
    observer_.will_retry(run.task.item, failure, delay);
    waiting_.push_front({run.task, run.attempt + 1, Clock::now() + delay});
  }

  void record_failure(const Record& record) {
    try {
      folder_.write_failure(record);
    } catch (const Error& error) {
      outcome_.try_later = error.what();
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
    for (const auto& [output, parts] : divided_) progress.media += parts.media();
    for (const Running& run : running_) {
      const WorkerReport& report = run.worker->report();
      progress.running.push_back({name_of(run.task), report.done, report.total});
      if (!run.task.joins) progress.media += report.done;
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
  /// By Item::output.
  std::map<std::filesystem::path, DividedItem> divided_;
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
