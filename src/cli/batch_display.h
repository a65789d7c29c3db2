#pragma once

#include <optional>
#include <string>

#include "batch/batch_run.h"
#include "cli/session.h"

namespace attune::cli {

/// Tells the person how a batch comes along: a status line on a terminal, else a line every half
/// minute; a line for each failure; with --log-json an event for each start, end and second.
class BatchDisplay final : public batch::BatchObserver {
 public:
  explicit BatchDisplay(Session& session);
  ~BatchDisplay() override;

  void started(const batch::Item& item) override;
  void ended(const batch::Record& record) override;
  void will_retry(const batch::Item& item, const batch::Failure& failure, Duration delay) override;
  void remark(const std::string& message) override;
  void progress(const batch::BatchProgress& progress) override;

 private:
  Session& session_;
  Duration next_line_{};
};

/// "12 of 340 files, 3.4 h of media, 18.2 x real time, 2 failed, ETA 3:20:00".
std::string batch_line(const batch::BatchProgress& progress);

/// Time left at the pace of this run, by files; nothing before one has ended.
std::optional<Duration> time_left(const batch::BatchProgress& progress);

}  // namespace attune::cli
