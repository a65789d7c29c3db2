#include "batch/shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "core/error.h"

namespace attune::batch {
namespace {

using testing::HasSubstr;

std::vector<Item> items_named(const std::vector<std::string>& outputs) {
  std::vector<Item> items;
  for (const std::string& output : outputs) {
    Item item;
    item.output = output;
    items.push_back(item);
  }
  return items;
}

std::vector<std::string> many_names(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) {
    names.push_back("show" + std::to_string(i % 97) + "/episode " + std::to_string(i) + ".mp4");
  }
  return names;
}

std::set<std::string> outputs_of(const std::vector<Item>& items) {
  std::set<std::string> outputs;
  for (const Item& item : items) outputs.insert(item.output);
  return outputs;
}

std::optional<EngineShard> found_with(const std::map<std::string, std::string>& variables) {
  return shard_from_environment([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

std::string complaint(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

TEST(Shard, IsWrittenFromOne) {
  EXPECT_EQ(parse_shard("1/1"), (Shard{0, 1}));
  EXPECT_EQ(parse_shard("3/40"), (Shard{2, 40}));
  EXPECT_EQ(parse_shard("40/40"), (Shard{39, 40}));
}

TEST(Shard, ThatIsNoneIsRefused) {
  for (const char* text : {"", "3", "/", "0/4", "5/4", "-1/4", "1/0", "1/4/2", "a/b", "1 /4",
                           "1/4 ", "99999999999/99999999999", "+1/4", "1.5/4"}) {
    EXPECT_THAT(complaint([&] { parse_shard(text); }), HasSubstr("from 1/N to N/N")) << text;
  }
}

TEST(Shard, TogetherTheyAreAllAndNoItemIsInTwo) {
  const std::vector<Item> items = items_named(many_names(2000));
  for (const int count : {1, 2, 3, 40}) {
    std::size_t total = 0;
    std::set<std::string> together;
    for (int index = 0; index < count; ++index) {
      const std::vector<Item> part = select(items, {index, count});
      total += part.size();
      together.merge(outputs_of(part));
      // A binomial count: 6 standard deviations.
      const double expected = 2000.0 / count;
      EXPECT_NEAR(static_cast<double>(part.size()), expected, 6 * std::sqrt(expected));
    }
    EXPECT_EQ(total, items.size());
    EXPECT_EQ(together, outputs_of(items));
  }
}

TEST(Shard, OfAnItemStaysWhenOthersComeAndGo) {
  const std::vector<std::string> names = many_names(1000);
  const std::vector<std::string> fewer(names.begin() + 400, names.end());
  for (int index = 0; index < 7; ++index) {
    const auto of_all = outputs_of(select(items_named(names), {index, 7}));
    for (const std::string& output : outputs_of(select(items_named(fewer), {index, 7}))) {
      EXPECT_TRUE(of_all.contains(output)) << output;
    }
  }
}

TEST(Shard, OfAnItemIsTheFirst64BitsOfItsSha256) {
  // printf a.mp4 | sha256sum; int(first 16 digits, 16) % 1000
  const std::vector<Item> items = items_named({"a.mp4"});
  EXPECT_EQ(select(items, {848, 1000}).size(), 1U);
}

TEST(Shard, OfAChunkIsItsRemainder) {
  std::vector<Item> items = items_named({"a", "b", "c", "d", "e"});
  for (int i = 0; i < 5; ++i) items[static_cast<std::size_t>(i)].chunk = i;
  EXPECT_EQ(outputs_of(select(items, {0, 2})), (std::set<std::string>{"a", "c", "e"}));
  EXPECT_EQ(outputs_of(select(items, {1, 2})), (std::set<std::string>{"b", "d"}));
  EXPECT_EQ(outputs_of(select(items, {3, 10})), (std::set<std::string>{"d"}));
  EXPECT_TRUE(select(items, {7, 10}).empty());
}

TEST(ShardFromEnvironment, IsNothingOutsideAnArray) {
  EXPECT_FALSE(found_with({}));
  EXPECT_FALSE(found_with({{"SLURM_JOB_ID", "17"}, {"ATTUNE_SHARD_COUNT", "4"}}));
}

TEST(ShardFromEnvironment, OfSlurmCountsFromTheArraysFirstNumberInItsSteps) {
  // sbatch --array=10-50:10
  const auto found = found_with({{"SLURM_ARRAY_TASK_ID", "30"},
                                 {"SLURM_ARRAY_TASK_COUNT", "5"},
                                 {"SLURM_ARRAY_TASK_MIN", "10"},
                                 {"SLURM_ARRAY_TASK_MAX", "50"},
                                 {"SLURM_ARRAY_TASK_STEP", "10"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->shard, (Shard{2, 5}));
  EXPECT_EQ(found->engine, "Slurm");
}

TEST(ShardFromEnvironment, OfSlurmMayGiveSingleTasksAnewWithACountOfTheirOwn) {
  // sbatch --array=3,7 of an array that had 40.
  const auto found = found_with({{"SLURM_ARRAY_TASK_ID", "7"},
                                 {"SLURM_ARRAY_TASK_COUNT", "2"},
                                 {"SLURM_ARRAY_TASK_MIN", "3"},
                                 {"SLURM_ARRAY_TASK_STEP", "1"},
                                 {"ATTUNE_SHARD_COUNT", "40"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->shard, (Shard{7, 40}));
}

TEST(ShardFromEnvironment, OfSlurmRefusesAnArrayWithGaps) {
  // sbatch --array=1,3,7
  EXPECT_THAT(complaint([] {
                found_with({{"SLURM_ARRAY_TASK_ID", "7"},
                            {"SLURM_ARRAY_TASK_COUNT", "3"},
                            {"SLURM_ARRAY_TASK_MIN", "1"}});
              }),
              HasSubstr("number the array without gaps"));
}

TEST(ShardFromEnvironment, OfKubernetesNeedsACountThatItDoesNotTell) {
  EXPECT_THAT(complaint([] {
                found_with({{"JOB_COMPLETION_INDEX", "3"}});
              }),
              HasSubstr("set ATTUNE_SHARD_COUNT"));
  for (const char* name : {"ATTUNE_SHARD_COUNT", "JOB_COMPLETIONS"}) {
    const auto found = found_with({{"JOB_COMPLETION_INDEX", "3"}, {name, "8"}});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->shard, (Shard{3, 8}));
    EXPECT_EQ(found->engine, "Kubernetes");
  }
}

TEST(ShardFromEnvironment, OfAwsBatch) {
  const auto found =
      found_with({{"AWS_BATCH_JOB_ARRAY_INDEX", "0"}, {"AWS_BATCH_JOB_ARRAY_SIZE", "10000"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->shard, (Shard{0, 10000}));
  EXPECT_EQ(found->engine, "AWS Batch");
}

TEST(ShardFromEnvironment, RefusesWhatIsNoNumberAndPartsBeyondTheLast) {
  EXPECT_THAT(complaint([] {
                found_with({{"JOB_COMPLETION_INDEX", "x"}, {"JOB_COMPLETIONS", "2"}});
              }),
              HasSubstr("JOB_COMPLETION_INDEX: 'x' is not a number"));
  EXPECT_THAT(complaint([] {
                found_with({{"JOB_COMPLETION_INDEX", "2"}, {"JOB_COMPLETIONS", "2"}});
              }),
              HasSubstr("part 2 (from 0) of 2"));
  EXPECT_THAT(complaint([] {
                found_with({{"JOB_COMPLETION_INDEX", "0"}, {"JOB_COMPLETIONS", "0"}});
              }),
              HasSubstr("of 0"));
}

}  // namespace
}  // namespace attune::batch
