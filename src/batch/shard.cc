#include "batch/shard.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "core/error.h"
#include "core/sha256.h"

namespace attune::batch {
namespace {

std::optional<int> to_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

int read_number(const char* name, const char* text) {
  const std::optional<int> number = to_number(text);
  if (!number || *number < 0) {
    throw Error(ErrorKind::kUsage,
                fmt::format("environment variable {}: '{}' is not a number from 0", name, text));
  }
  return *number;
}

/// Nothing when the variable is not set.
std::optional<int> find_number(const Environment& environment, const char* name) {
  const char* text = environment(name);
  if (text == nullptr) return std::nullopt;
  return read_number(name, text);
}

constexpr const char* kOwnCount = "ATTUNE_SHARD_COUNT";

int read_count(const Environment& environment, const char* engine, const char* engine_count) {
  if (const auto count = find_number(environment, kOwnCount)) return *count;
  if (const auto count = find_number(environment, engine_count)) return *count;
  throw Error(ErrorKind::kUsage,
              fmt::format("{} tells which part of the batch this is, but not of how many: set {} "
                          "to the number of parts, or write --shard I/N, or --shard none",
                          engine, kOwnCount));
}

EngineShard checked(const char* engine, int index, int count) {
  if (index >= count) {
    throw Error(ErrorKind::kUsage,
                fmt::format("{} gives this process part {} (from 0) of {} parts: number the array "
                            "without gaps, or set {} to the number of parts and number it from 0",
                            engine, index, count, kOwnCount));
  }
  return {{index, count}, engine};
}

std::optional<EngineShard> find_slurm(const Environment& environment) {
  const auto id = find_number(environment, "SLURM_ARRAY_TASK_ID");
  if (!id) return std::nullopt;
  const int count = read_count(environment, "Slurm", "SLURM_ARRAY_TASK_COUNT");
  if (environment(kOwnCount) != nullptr) return checked("Slurm", *id, count);
  const int first = find_number(environment, "SLURM_ARRAY_TASK_MIN").value_or(0);
  const int step = std::max(1, find_number(environment, "SLURM_ARRAY_TASK_STEP").value_or(1));
  if (*id < first || (*id - first) % step != 0) {
    throw Error(ErrorKind::kUsage,
                fmt::format("SLURM_ARRAY_TASK_ID {} is not one of the array's numbers, which begin "
                            "at {} in steps of {}: number the array without gaps",
                            *id, first, step));
  }
  return checked("Slurm", (*id - first) / step, count);
}

std::optional<EngineShard> find_plain(const Environment& environment, const char* engine,
                                      const char* index_name, const char* count_name) {
  const auto index = find_number(environment, index_name);
  if (!index) return std::nullopt;
  return checked(engine, *index, read_count(environment, engine, count_name));
}

bool is_in(const Item& item, const Shard& shard) {
  const auto count = static_cast<std::uint64_t>(shard.count);
  const auto index = static_cast<std::uint64_t>(shard.index);
  if (item.chunk) return static_cast<std::uint64_t>(*item.chunk) % count == index;
  const std::string name = item.output.generic_string();
  const std::string hash = sha256(std::as_bytes(std::span(name.data(), name.size())));
  std::uint64_t number = 0;
  std::from_chars(hash.data(), hash.data() + 16, number, 16);
  return number % count == index;
}

}  // namespace

Shard parse_shard(const std::string& text) {
  const auto slash = text.find('/');
  if (slash != std::string::npos) {
    const auto number = to_number(std::string_view(text).substr(0, slash));
    const auto count = to_number(std::string_view(text).substr(slash + 1));
    if (number && count && 1 <= *number && *number <= *count) return {*number - 1, *count};
  }
  throw Error(ErrorKind::kUsage,
              fmt::format("shard '{}': write I/N, the I-th of N parts, from 1/N to N/N", text));
}

std::optional<EngineShard> shard_from_environment(const Environment& environment) {
  if (auto shard = find_slurm(environment)) return shard;
  if (auto shard = find_plain(environment, "AWS Batch", "AWS_BATCH_JOB_ARRAY_INDEX",
                              "AWS_BATCH_JOB_ARRAY_SIZE")) {
    return shard;
  }
  return find_plain(environment, "Kubernetes", "JOB_COMPLETION_INDEX", "JOB_COMPLETIONS");
}

std::optional<EngineShard> shard_from_environment() {
  return shard_from_environment([](const char* name) { return std::getenv(name); });
}

std::vector<Item> select(const std::vector<Item>& items, const Shard& shard) {
  std::vector<Item> chosen;
  for (const Item& item : items) {
    if (is_in(item, shard)) chosen.push_back(item);
  }
  return chosen;
}

}  // namespace attune::batch
