#include "batch/chunk_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <sstream>

#include "batch/manifest.h"
#include "batch/media_probe.h"
#include "batch/shard.h"
#include "core/error.h"
#include "temporary_tree.h"

namespace attune::batch {
namespace {

std::vector<Item> items_of(const std::vector<double>& seconds) {
  std::vector<Item> items;
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    Item item;
    item.input = "/archive/" + std::to_string(i) + ".mp4";
    item.output = std::to_string(i) + ".mp4";
    if (seconds[i] > 0) item.duration = from_seconds(seconds[i]);
    items.push_back(item);
  }
  return items;
}

std::vector<int> chunks_of(const ChunkPlan& plan) {
  std::vector<int> chunks;
  for (const Item& item : plan.items) chunks.push_back(item.chunk.value_or(-1));
  return chunks;
}

double fullest(const ChunkPlan& plan) {
  double seconds = 0;
  for (const ChunkLoad& chunk : plan.chunks) seconds = std::max(seconds, to_seconds(chunk.media));
  return seconds;
}

/// Of all divisions of the items among `count` chunks, by trying them all.
double best_possible(const std::vector<double>& seconds, std::size_t count) {
  std::vector<double> load(count);
  double best = 1e300;
  const auto place = [&](const auto& self, std::size_t i) -> void {
    if (i == seconds.size()) {
      best = std::min(best, *std::max_element(load.begin(), load.end()));
      return;
    }
    for (double& chunk : load) {
      chunk += seconds[i];
      if (chunk < best) self(self, i + 1);
      chunk -= seconds[i];
    }
  };
  place(place, 0);
  return best;
}

TEST(ChunkPlan, PutsTheLongestFirstEachIntoTheEmptiestChunk) {
  const ChunkPlan plan = plan_chunks(items_of({2, 3, 7, 6}), 2);
  // 7 | 6, then 3 to the 6, then 2 to the 7.
  EXPECT_EQ(chunks_of(plan), (std::vector<int>{0, 1, 0, 1}));
  EXPECT_EQ(plan.chunks[0].media, from_seconds(9));
  EXPECT_EQ(plan.chunks[1].media, from_seconds(9));
  EXPECT_EQ(plan.chunks[0].files, 2U);
  EXPECT_DOUBLE_EQ(plan.imbalance.value(), 1.0);
}

TEST(ChunkPlan, ReachesGrahamsWorstCaseAndNoMore) {
  // Graham 1969: 5 5 4 4 3 3 3 on 3 machines takes 11, the best is 9: 4/3 - 1/9.
  const ChunkPlan plan = plan_chunks(items_of({5, 5, 4, 4, 3, 3, 3}), 3);
  EXPECT_DOUBLE_EQ(fullest(plan), 11);
  EXPECT_DOUBLE_EQ(plan.imbalance.value(), 11.0 / 9);
}

TEST(ChunkPlan, KeepsGrahamsBoundAgainstTheBestOfAllDivisions) {
  std::mt19937 random(20240501);
  for (int round = 0; round < 60; ++round) {
    const std::size_t count = 2 + random() % 3;
    std::vector<double> seconds(5 + random() % 5);
    for (double& s : seconds) s = 1 + static_cast<double>(random() % 1000);
    const double bound =
        (4.0 / 3 - 1 / (3.0 * static_cast<double>(count))) * best_possible(seconds, count);
    EXPECT_LE(fullest(plan_chunks(items_of(seconds), static_cast<int>(count))), bound + 1e-6);
  }
}

TEST(ChunkPlan, BalancesManyFilesNearlyPerfectly) {
  std::mt19937 random(7);
  std::lognormal_distribution<double> length(7, 1);
  std::vector<double> seconds(100000);
  for (double& s : seconds) s = length(random);
  const ChunkPlan plan = plan_chunks(items_of(seconds), 400);
  EXPECT_LT(plan.imbalance.value(), 1.001);
  std::size_t files = 0;
  for (const ChunkLoad& chunk : plan.chunks) files += chunk.files;
  EXPECT_EQ(files, seconds.size());
}

TEST(ChunkPlan, CountsUnknownDurationsWithTheMedian) {
  // Sorted 1 10 100: the median is 10.
  const ChunkPlan plan = plan_chunks(items_of({100, 0, 1, 10}), 4);
  EXPECT_EQ(plan.unknown_durations, 1U);
  std::vector<double> loads;
  for (const ChunkLoad& chunk : plan.chunks) loads.push_back(to_seconds(chunk.media));
  std::sort(loads.begin(), loads.end());
  EXPECT_EQ(loads, (std::vector<double>{1, 10, 10, 100}));
  EXPECT_FALSE(plan.items[1].duration);
}

TEST(ChunkPlan, SpreadsFilesEvenlyWhenNoDurationIsKnown) {
  const ChunkPlan plan = plan_chunks(items_of(std::vector<double>(10)), 4);
  for (const ChunkLoad& chunk : plan.chunks) {
    EXPECT_GE(chunk.files, 2U);
    EXPECT_LE(chunk.files, 3U);
  }
}

TEST(ChunkPlan, MayHaveMoreChunksThanFiles) {
  const ChunkPlan plan = plan_chunks(items_of({5}), 3);
  EXPECT_EQ(plan.chunks[0].files, 1U);
  EXPECT_EQ(plan.chunks[1].files + plan.chunks[2].files, 0U);
  EXPECT_THROW(plan_chunks(items_of({5}), 0), Error);
  EXPECT_FALSE(plan_chunks({}, 2).imbalance);
}

TEST(ChunkPlan, DoesNotDependOnTheOrderOfTheItems) {
  std::vector<Item> items = items_of({3, 3, 3, 2, 2, 9, 0, 0, 1});
  const auto by_output = [](std::vector<Item> planned) {
    std::map<std::string, int> chunks;
    for (const Item& item : planned) chunks[item.output] = item.chunk.value();
    return chunks;
  };
  const auto forwards = by_output(plan_chunks(items, 3).items);
  std::reverse(items.begin(), items.end());
  EXPECT_EQ(by_output(plan_chunks(items, 3).items), forwards);
}

TEST(ChunkPlan, WrittenAndReadGivesEveryTaskItsChunk) {
  const ChunkPlan plan = plan_chunks(items_of({5, 4, 3, 2, 1, 0}), 3);
  std::istringstream text(to_manifest(plan.items));
  const Manifest manifest = read_manifest(text, "plan", "/elsewhere");
  ASSERT_TRUE(manifest.rejected.empty());
  ASSERT_EQ(manifest.items.size(), plan.items.size());
  for (int chunk = 0; chunk < 3; ++chunk) {
    std::vector<std::string> expected;
    for (const Item& item : plan.items) {
      if (item.chunk == chunk) expected.push_back(item.input);
    }
    std::vector<std::string> taken;
    for (const Item& item : select(manifest.items, {chunk, 3})) taken.push_back(item.input);
    EXPECT_EQ(taken, expected);
  }
}

TEST(ProbeDurations, ReadsThemFromTheFilesAndTakesOutWhatCannotBeOpened) {
  const TemporaryTree tree;
  std::vector<Item> items(4);
  items[0].input = tree.write("a.wav", wav_of(1.5));
  items[1].input = tree.write("broken.wav", "no sound in here");
  items[1].origin = "list:2";
  items[2].input = tree.write("c.wav", wav_of(0.25));
  items[3].input = "/nowhere/is/not/opened.wav";
  items[3].duration = from_seconds(7);
  for (const int threads : {1, 4}) {
    std::vector<Item> probed = items;
    const std::vector<RejectedInput> rejected = probe_durations(probed, threads);
    ASSERT_EQ(probed.size(), 3U);
    EXPECT_EQ(probed[0].duration, from_seconds(1.5));
    EXPECT_EQ(probed[1].duration, from_seconds(0.25));
    EXPECT_EQ(probed[2].duration, from_seconds(7));
    ASSERT_EQ(rejected.size(), 1U);
    EXPECT_EQ(rejected[0].origin, "list:2");
    EXPECT_NE(rejected[0].message.find("broken.wav"), std::string::npos);
  }
}

}  // namespace
}  // namespace attune::batch
