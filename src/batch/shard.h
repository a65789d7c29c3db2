#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "batch/item.h"

namespace attune::batch {

/// One of `count` parts of a batch, each of which is done by a machine of its own.
struct Shard {
  /// From 0.
  int index = 0;
  int count = 1;
  bool operator==(const Shard&) const = default;
};

/// Reads "3/40": the third of forty, counted from 1 as test runners do.
/// Throws Error(kUsage) on anything else.
Shard parse_shard(const std::string& text);

struct EngineShard {
  Shard shard;
  /// "Slurm", "AWS Batch" or "Kubernetes".
  std::string engine;
};

/// Value of an environment variable; null when it is not set.
using Environment = std::function<const char*(const char* name)>;

/// The part of a batch that the engine which started this process gave it; nothing outside an array
/// job. In the order they are looked for:
///
/// | engine                 | index                                            | count | |
/// ---------------------- | ------------------------------------------------ |
/// -------------------------- | | Slurm job array        | (SLURM_ARRAY_TASK_ID - _MIN) / _STEP |
/// SLURM_ARRAY_TASK_COUNT     | | AWS Batch array job    | AWS_BATCH_JOB_ARRAY_INDEX |
/// AWS_BATCH_JOB_ARRAY_SIZE   | | Kubernetes Indexed Job | JOB_COMPLETION_INDEX | JOB_COMPLETIONS |
///
/// ATTUNE_SHARD_COUNT, where it is set, is the count of all three: Kubernetes tells its pods no
/// count, and a Slurm array of which single tasks are submitted anew tells the wrong one (the index
/// is then SLURM_ARRAY_TASK_ID itself: number such arrays from 0).
/// Throws Error(kUsage) when the count is missing, a value is no number, or the index is not below
/// the count.
std::optional<EngineShard> shard_from_environment(const Environment& environment);

/// The same from the environment of this process.
std::optional<EngineShard> shard_from_environment();

/// The items of a shard, in their order. Every item is in exactly one shard: one with a chunk in
/// shard chunk mod count; another by the SHA-256 of its output folder, so that adding and removing
/// items moves no other.
std::vector<Item> select(const std::vector<Item>& items, const Shard& shard);

}  // namespace attune::batch
