#pragma once

#include <optional>
#include <string>
#include <vector>

#include "batch/item.h"
#include "core/time.h"

namespace attune::batch {

struct ChunkLoad {
  std::size_t files = 0;
  Duration media{};
};

/// Items cut into chunks of about the same media time.
struct ChunkPlan {
  /// In the order they were given, each with its chunk.
  std::vector<Item> items;
  /// Items of unknown duration count with the median of the others.
  std::vector<ChunkLoad> chunks;
  std::size_t unknown_durations = 0;
  /// Media time of the fullest chunk over that of the average one: 1 is perfect balance, and what
  /// the last node needs longer than all would with perfect balance. Nothing without media.
  std::optional<double> imbalance;
};

/// The longest item goes first, each to the chunk with the least media time (LPT; Graham 1969: the
/// fullest chunk is at most 4/3 - 1/(3 count) times as full as in the best division). Depends on
/// the items alone. Throws Error(kUsage) when `count` is not above zero.
ChunkPlan plan_chunks(std::vector<Item> items, int count);

}  // namespace attune::batch
