#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "batch/batch_run.h"

namespace attune::batch {

/// The state of a batch for Prometheus: files done, failed by class, media and wall seconds,
/// running jobs, memory of the largest. docs/batch.md lists the names.
class BatchMetrics final : public BatchObserver {
 public:
  /// `file` is rewritten whole every ten seconds and at the end; `address` ("127.0.0.1:9464")
  /// answers GET /metrics. Either may be empty. Throws Error(kUsage) when the address cannot be
  /// listened on, Error(kOutput) when the file cannot be written.
  BatchMetrics(std::filesystem::path file, const std::string& address);
  ~BatchMetrics() override;

  void started(const Item&) override {}
  void ended(const Record& record) override;
  void will_retry(const Item& item, const Failure& failure, Duration delay) override;
  void remark(const std::string&) override {}
  void progress(const BatchProgress& progress) override;

 private:
  struct Metrics;

  void write_file() const;

  std::filesystem::path file_;
  std::unique_ptr<Metrics> metrics_;
  Duration next_write_{};
};

}  // namespace attune::batch
