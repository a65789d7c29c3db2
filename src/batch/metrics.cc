#include "batch/metrics.h"

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <sstream>

#include "batch/batch_folder.h"
#include "core/error.h"

namespace attune::batch {
namespace {

constexpr Duration kWriteInterval = std::chrono::seconds(10);

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

std::unique_ptr<prometheus::Exposer> listen(const std::string& address) {
  if (address.empty()) return nullptr;
  try {
    return std::make_unique<prometheus::Exposer>(address);
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kUsage, fmt::format("--metrics-address {}: cannot listen there: {}",
                                               address, error.what()));
  }
}

}  // namespace

struct BatchMetrics::Metrics {
  explicit Metrics(const std::string& address) : exposer(listen(address)) {
    if (exposer) exposer->RegisterCollectable(registry);
  }

  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  std::unique_ptr<prometheus::Exposer> exposer;
  prometheus::Gauge& items = gauge(*registry, "attune_batch_items", "Recordings of the batch.");
  prometheus::Gauge& done_before =
      gauge(*registry, "attune_batch_items_done_before", "Recordings that earlier runs had done.");
  prometheus::Gauge& running = gauge(*registry, "attune_batch_jobs_running", "Jobs at work.");
  prometheus::Counter& done =
      counter(*registry, "attune_batch_items_done_total", "Recordings done in this run.");
  prometheus::Family<prometheus::Counter>& failed =
      prometheus::BuildCounter()
          .Name("attune_batch_items_failed_total")
          .Help("Recordings that failed for good in this run, by class of failure.")
          .Register(*registry);
  prometheus::Counter& retries =
      counter(*registry, "attune_batch_retries_total", "Failures that are tried again.");
  prometheus::Counter& media = counter(*registry, "attune_batch_media_seconds_total",
                                       "Media time of the recordings done in this run.");
  prometheus::Gauge& wall =
      gauge(*registry, "attune_batch_wall_seconds", "Time since the start of the run.");
  prometheus::Histogram& memory = prometheus::BuildHistogram()
                                      .Name("attune_batch_job_peak_memory_bytes")
                                      .Help("Most memory that a job held.")
                                      .Register(*registry)
                                      .Add({}, prometheus::Histogram::BucketBoundaries{
                                                   128e6, 256e6, 512e6, 1e9, 2e9, 4e9, 8e9, 16e9});
};

BatchMetrics::BatchMetrics(std::filesystem::path file, const std::string& address)
    : file_(std::move(file)), metrics_(std::make_unique<Metrics>(address)) {
  if (!file_.empty()) write_file();
}

BatchMetrics::~BatchMetrics() {
  try {
    if (!file_.empty()) write_file();
  } catch (const Error&) {
    // The last state is worth less than the results; nothing is lost with it.
  }
}

void BatchMetrics::ended(const Record& record) {
  if (record.failure) {
    metrics_->failed.Add({{"class", std::string(name(record.failure->kind))}}).Increment();
  } else {
    metrics_->done.Increment();
    metrics_->media.Increment(to_seconds(record.media));
  }
  metrics_->memory.Observe(static_cast<double>(record.peak_memory_bytes));
}

void BatchMetrics::will_retry(const Item&, const Failure&, Duration) {
  metrics_->retries.Increment();
}

void BatchMetrics::progress(const BatchProgress& progress) {
  metrics_->items.Set(static_cast<double>(progress.items));
  metrics_->done_before.Set(static_cast<double>(progress.done_before));
  metrics_->running.Set(static_cast<double>(progress.running.size()));
  metrics_->wall.Set(to_seconds(progress.wall));
  if (file_.empty() || progress.wall < next_write_) return;
  next_write_ = progress.wall + kWriteInterval;
  try {
    write_file();
  } catch (const Error&) {
    // Tried again at the next interval; the batch goes on.
  }
}

void BatchMetrics::write_file() const {
  write_whole(file_, prometheus::TextSerializer().Serialize(metrics_->registry->Collect()));
}

}  // namespace attune::batch
