#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "core/time.h"

namespace attune::live {

/// What LatencyMeter says.
struct LatencySummary {
  /// Of the results of the last minute, by nearest rank: the smallest latency that at least half
  /// (99 %) of them do not exceed. Nothing where there were none.
  std::optional<Duration> median;
  std::optional<Duration> p99;
  /// Since the beginning.
  std::int64_t results = 0;
  std::int64_t late = 0;
};

/// Latencies of a feed's results: from the arrival of a sample to the final result for it. Keeps
/// those of the last minute, and of those the last `most`: 16 bytes each. Time is the caller's, on
/// any clock that does not go back. Thread-safe.
class LatencyMeter {
 public:
  /// A result is late when it took longer than `budget`.
  explicit LatencyMeter(Duration budget, Duration window = std::chrono::minutes(1),
                        std::size_t most = 8192);

  /// For the results from now on.
  void set_budget(Duration budget);

  /// Whether it is late.
  bool add(Timestamp now, Duration latency);
  LatencySummary summary(Timestamp now) const;

 private:
  struct Sample {
    Timestamp time;
    Duration latency;
  };

  const Duration window_;
  const std::size_t most_;
  mutable std::mutex mutex_;
  Duration budget_;
  std::deque<Sample> samples_;
  std::int64_t results_ = 0;
  std::int64_t late_ = 0;
};

}  // namespace attune::live
