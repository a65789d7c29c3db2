#include "live/latency_meter.h"

#include <algorithm>
#include <vector>

namespace attune::live {
namespace {

/// The smallest value that `percent` of them do not exceed; reorders them, of which there is one.
Duration nearest_rank(std::vector<Duration>& values, std::size_t percent) {
  const std::size_t rank = (values.size() * percent + 99) / 100;
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

}  // namespace

LatencyMeter::LatencyMeter(Duration budget, Duration window, std::size_t most)
    : window_(window), most_(std::max<std::size_t>(1, most)), budget_(budget) {}

void LatencyMeter::set_budget(Duration budget) {
  const std::lock_guard lock(mutex_);
  budget_ = budget;
}

bool LatencyMeter::add(Timestamp now, Duration latency) {
  const std::lock_guard lock(mutex_);
  const bool is_late = latency > budget_;
  ++results_;
  if (is_late) ++late_;
  samples_.push_back({now, latency});
  while (samples_.size() > most_ || samples_.front().time + window_ <= now) samples_.pop_front();
  return is_late;
}

LatencySummary LatencyMeter::summary(Timestamp now) const {
  LatencySummary summary;
  std::vector<Duration> latencies;
  {
    const std::lock_guard lock(mutex_);
    summary.results = results_;
    summary.late = late_;
    latencies.reserve(samples_.size());
    for (const Sample& sample : samples_)
      if (sample.time + window_ > now) latencies.push_back(sample.latency);
  }
  if (latencies.empty()) return summary;
  summary.median = nearest_rank(latencies, 50);
  summary.p99 = nearest_rank(latencies, 99);
  return summary;
}

}  // namespace attune::live
