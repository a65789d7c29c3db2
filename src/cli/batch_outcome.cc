#include "cli/batch_outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "batch/batch_folder.h"
#include "batch/metrics.h"
#include "cli/batch_display.h"
#include "cli/stop_signal.h"
#include "core/error.h"
#include "core/log.h"

namespace attune::cli {
namespace {

/// The display, and the metrics where they are asked for.
class Observers final : public batch::BatchObserver {
 public:
  Observers(Session& session, const BatchWorkOptions& work) : display_(session) {
    if (!work.metrics_file.empty() || !work.metrics_address.empty())
      metrics_.emplace(work.metrics_file, work.metrics_address);
  }

  void started(const batch::Item& item) override { display_.started(item); }
  void ended(const batch::Record& record) override {
    display_.ended(record);
    if (metrics_) metrics_->ended(record);
  }
  void will_retry(const batch::Item& item, const batch::Failure& failure, Duration delay) override {
    display_.will_retry(item, failure, delay);
    if (metrics_) metrics_->will_retry(item, failure, delay);
  }
  void remark(const std::string& message) override { display_.remark(message); }
  void progress(const batch::BatchProgress& progress) override {
    display_.progress(progress);
    if (metrics_) metrics_->progress(progress);
  }

 private:
  BatchDisplay display_;
  std::optional<batch::BatchMetrics> metrics_;
};

bool is_unreadable(const batch::Record& record) {
  return record.failure->kind == batch::FailureClass::kBadInput;
}

int exit_code_of(const batch::BatchOutcome& outcome, std::size_t rejected, int signal_code) {
  if (signal_code != 0) return signal_code;
  if (!outcome.configuration_error.empty()) return exit_code(ErrorKind::kConfig);
  const bool some_gone =
      std::any_of(outcome.failed.begin(), outcome.failed.end(), [](const batch::Record& record) {
        return record.failure->kind == batch::FailureClass::kGone;
      });
  if (!outcome.try_later.empty() || some_gone) return exit_code(ErrorKind::kTryLater);
  const bool none_done = outcome.done + outcome.done_before == 0;
  if (none_done && (rejected > 0 || !outcome.failed.empty()) &&
      std::all_of(outcome.failed.begin(), outcome.failed.end(), is_unreadable))
    return exit_code(ErrorKind::kInput);
  return rejected == 0 && outcome.failed.empty() ? 0 : 1;
}

/// Every failure once more, as those of the night have scrolled away by the morning.
void list_failures(const batch::BatchOutcome& outcome, Session& session) {
  for (const batch::Record& record : outcome.failed) {
    session.console->line(fmt::format("failed: {} [{}] {}", record.item.input,
                                      name(record.failure->kind), record.failure->message));
  }
}

void summarize(const batch::BatchOutcome& outcome, std::size_t rejected, Session& session) {
  if (!outcome.configuration_error.empty()) log()->error("{}", outcome.configuration_error);
  if (!outcome.try_later.empty())
    log()->error("{}: stopped here; run the same command again to go on", outcome.try_later);
  session.console->event({{"event", "batch_finished"},
                          {"done", outcome.done},
                          {"done_before", outcome.done_before},
                          {"failed", outcome.failed.size()},
                          {"rejected", rejected},
                          {"left", outcome.left},
                          {"media", to_seconds(outcome.media)},
                          {"wall", to_seconds(outcome.wall)}});
  if (session.quiet) return;
  list_failures(outcome, session);
  const double wall = to_seconds(outcome.wall);
  session.console->line(fmt::format(
      "{} done, {} done before, {} failed, {} rejected, {} left; {:.2f} h of media in {:.2f} h{}",
      outcome.done, outcome.done_before, outcome.failed.size(), rejected, outcome.left,
      to_seconds(outcome.media) / 3600, wall / 3600,
      wall > 0 ? fmt::format(" ({:.1f} x real time)", to_seconds(outcome.media) / wall) : ""));
}

}  // namespace

int run_and_tell(const std::vector<batch::Item>& items,
                 const std::vector<batch::RejectedInput>& rejected,
                 const batch::BatchOptions& options, const BatchWorkOptions& work,
                 Session& session) {
  const StopSignal stop;
  Observers observers(session, work);
  log()->info("{} jobs of {} threads, {} MiB each", options.jobs, options.threads,
              options.memory_limit_bytes >> 20);
  const batch::BatchOutcome outcome = run_batch(items, options, observers, stop.requested());
  session.console->status("");
  summarize(outcome, rejected.size(), session);
  return exit_code_of(outcome, rejected.size(), stop.exit_code());
}

}  // namespace attune::cli
