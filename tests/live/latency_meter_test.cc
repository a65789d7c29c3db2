#include "live/latency_meter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

namespace attune::live {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(LatencyMeter, IsSilentBeforeTheFirstResult) {
  const LatencyMeter meter(seconds(2));
  const LatencySummary summary = meter.summary(seconds(5));
  EXPECT_FALSE(summary.median);
  EXPECT_FALSE(summary.p99);
  EXPECT_EQ(summary.results, 0);
}

TEST(LatencyMeter, CountsResultsAndLateOnes) {
  LatencyMeter meter(seconds(2));
  EXPECT_FALSE(meter.add(seconds(1), milliseconds(1999)));
  EXPECT_FALSE(meter.add(seconds(2), milliseconds(2000)));
  EXPECT_TRUE(meter.add(seconds(3), milliseconds(2001)));
  // Counts stay when the minute is over.
  const LatencySummary summary = meter.summary(seconds(500));
  EXPECT_EQ(summary.results, 3);
  EXPECT_EQ(summary.late, 1);
  EXPECT_FALSE(summary.median);
}

TEST(LatencyMeter, MedianAndP99AreThoseOfTheLastMinuteSorted) {
  LatencyMeter meter(seconds(2));
  std::mt19937 random(7);
  std::vector<std::pair<Timestamp, Duration>> all;
  for (int i = 0; i < 3000; ++i) {
    all.emplace_back(milliseconds(40 * i), milliseconds(random() % 3000));
    meter.add(all.back().first, all.back().second);
    if (i % 97 != 0) continue;
    std::vector<Duration> kept;
    for (const auto& [time, latency] : all)
      if (all.back().first - time < seconds(60)) kept.push_back(latency);
    std::sort(kept.begin(), kept.end());
    const auto at_least = [&](double share) {
      // The first of the sorted that leaves so many at or below it.
      for (std::size_t n = 0; n < kept.size(); ++n)
        if (static_cast<double>(n + 1) >= share * static_cast<double>(kept.size()) - 1e-9)
          return kept[n];
      return kept.back();
    };
    const LatencySummary summary = meter.summary(all.back().first);
    EXPECT_EQ(summary.median, at_least(0.5));
    EXPECT_EQ(summary.p99, at_least(0.99));
  }
}

TEST(LatencyMeter, KeepsNoMoreThanSoMany) {
  LatencyMeter meter(seconds(2), seconds(60), 10);
  for (int i = 1; i <= 30; ++i) meter.add(milliseconds(i), milliseconds(i));
  const LatencySummary summary = meter.summary(milliseconds(30));
  EXPECT_EQ(summary.median, milliseconds(25));
  EXPECT_EQ(summary.results, 30);
}

TEST(LatencyMeter, MayBeReadFromOtherThreads) {
  LatencyMeter meter(seconds(2));
  std::thread reader([&] {
    for (int i = 0; i < 200; ++i) {
      const LatencySummary summary = meter.summary(milliseconds(i));
      EXPECT_EQ(summary.median.has_value(), summary.results > 0);
    }
  });
  for (int i = 0; i < 2000; ++i) meter.add(milliseconds(i), milliseconds(5));
  reader.join();
}

}  // namespace
}  // namespace attune::live
