#include "batch/chunk_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <queue>
#include <tuple>

#include "core/error.h"

namespace attune::batch {
namespace {

/// Of the known durations; a second when there are none, so that files are spread evenly.
Duration median_duration(const std::vector<Item>& items) {
  std::vector<Duration> known;
  for (const Item& item : items) {
    if (item.duration) known.push_back(*item.duration);
  }
  if (known.empty()) return std::chrono::seconds(1);
  const auto middle = known.begin() + static_cast<std::ptrdiff_t>(known.size() / 2);
  std::nth_element(known.begin(), middle, known.end());
  return *middle;
}

std::optional<double> imbalance(const std::vector<ChunkLoad>& chunks) {
  Duration total{};
  Duration fullest{};
  for (const ChunkLoad& chunk : chunks) {
    total += chunk.media;
    fullest = std::max(fullest, chunk.media);
  }
  if (total <= Duration::zero()) return std::nullopt;
  return to_seconds(fullest) * static_cast<double>(chunks.size()) / to_seconds(total);
}

}  // namespace

ChunkPlan plan_chunks(std::vector<Item> items, int count) {
  if (count < 1) {
    throw Error(ErrorKind::kUsage, fmt::format("{} chunks: name a number from 1", count));
  }
  const Duration median = median_duration(items);
  ChunkPlan plan;
  plan.chunks.resize(static_cast<std::size_t>(count));

  std::vector<std::size_t> longest_first(items.size());
  std::iota(longest_first.begin(), longest_first.end(), std::size_t{0});
  std::sort(longest_first.begin(), longest_first.end(), [&](std::size_t a, std::size_t b) {
    const Duration of_a = items[a].duration.value_or(median);
    const Duration of_b = items[b].duration.value_or(median);
    return of_a != of_b ? of_a > of_b : items[a].output < items[b].output;
  });

  // Least media first, then fewest files, then the first.
  using Entry = std::tuple<Duration, std::size_t, int>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> emptiest;
  for (int chunk = 0; chunk < count; ++chunk) emptiest.emplace(Duration::zero(), 0, chunk);
  for (const std::size_t i : longest_first) {
    auto [media, files, chunk] = emptiest.top();
    emptiest.pop();
    if (!items[i].duration) ++plan.unknown_durations;
    items[i].chunk = chunk;
    media += items[i].duration.value_or(median);
    ++files;
    plan.chunks[static_cast<std::size_t>(chunk)] = {files, media};
    emptiest.emplace(media, files, chunk);
  }
  plan.items = std::move(items);
  plan.imbalance = imbalance(plan.chunks);
  return plan;
}

}  // namespace attune::batch
