#include "attention/cross_attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <thread>

#include "problem.h"
#include "reference.h"

namespace attune::attention {
namespace {

TEST(CrossAttention, WeightsAreExactForHugeLogits) {
  // Powers of two, so that single precision holds the logits exactly: -16384 .. 16384.
  std::mt19937 random(2);
  for (int trial = 0; trial < 100; ++trial) {
    Problem p{.queries = 3, .keys = 11, .key_width = 4, .value_width = 2};
    p.fill(random);
    p.options.scale = 1.0F;
    for (float& q : p.q) q = static_cast<float>(static_cast<int>(random() % 3) - 1) * 128;
    for (float& k : p.k) k = static_cast<float>(static_cast<int>(random() % 3) - 1) * 32;
    // Also with a scale that keeps the scores raw until the exponential.
    if (trial % 2 == 0) {
      p.options.scale = 0.5F;
      for (float& q : p.q) q *= 2;
    }
    const auto truth = reference_attention(p.query(), p.key(), p.value(), p.options);
    for (const Kernel kernel : {Kernel::kExact, Kernel::kTiled}) {
      p.options.kernel = kernel;
      p.run();
      for (std::size_t i = 0; i < truth.weights.size(); ++i)
        ASSERT_NEAR(p.weights[i], truth.weights[i], 1e-6) << name(kernel) << ", trial " << trial;
    }
  }
}

TEST(CrossAttention, OneHugeLogitTakesEverything) {
  for (const Kernel kernel : {Kernel::kExact, Kernel::kTiled}) {
    for (const std::int64_t huge : {0, 130, 299}) {
      for (const float size : {1e4F, 3e30F}) {
        Problem p{.queries = 2, .keys = 300, .key_width = 2, .value_width = 1};
        p.options.kernel = kernel;
        p.q = {1, 1, 1, 0};
        p.k.assign(600, 0.25F);
        p.v.assign(300, 1.0F);
        p.k[huge * 2 + 1] = size;
        p.v[huge] = 5;
        p.run();
        EXPECT_EQ(p.output[0], 5.0F) << name(kernel);
        EXPECT_EQ(p.weights[huge], 1.0F);
        EXPECT_NEAR(p.output[1], (299 + 5) / 300.0, 1e-6) << "the other query sees equal logits";
      }
    }
  }
}

TEST(CrossAttention, LogitsThatGrowAlongTheKeysKeepTheirWeights) {
  // The running maximum moves with every block of keys; in the second row by little steps.
  Problem p{.queries = 2, .keys = 2000, .key_width = 1, .value_width = 1};
  std::mt19937 random(12);
  p.fill(random);
  p.q = {1, 0.01F};
  for (std::int64_t j = 0; j < p.keys; ++j) p.k[j] = 0.5F * static_cast<float>(j);
  p.run();
  const auto truth = reference_attention(p.query(), p.key(), p.value(), p.options);
  for (std::size_t i = 0; i < truth.weights.size(); ++i)
    ASSERT_NEAR(p.weights[i], truth.weights[i], 2e-6) << i;
  for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(p.output[i], truth.output[i], 1e-5);
}

TEST(CrossAttention, TheLowestNumberAsABiasHidesAKeyLikeOthersDo) {
  // Frameworks mask with the lowest finite number: rows masked entirely give the mean of the
  // values.
  constexpr float kLowest = std::numeric_limits<float>::lowest();
  std::mt19937 random(13);
  for (const Kernel kernel : {Kernel::kExact, Kernel::kTiled}) {
    Problem p{.queries = 2, .keys = 3, .key_width = 4, .value_width = 1};
    p.fill(random);
    p.options.kernel = kernel;
    p.options.scale = 1e-9F;
    const Numbers bias{0, kLowest, 0, kLowest, kLowest, kLowest};
    p.options.bias = HeadsView<const float>::head_major(bias.data(), 1, 1, 2, 3);
    p.run();
    EXPECT_EQ(p.weights[1], 0.0F);
    EXPECT_NEAR(p.weights[0], 0.5, 1e-6);
    for (int j = 3; j < 6; ++j) EXPECT_NEAR(p.weights[j], 1.0 / 3, 1e-6) << name(kernel);
  }
}

TEST(CrossAttention, EqualLogitsGiveTheMeanOfTheValues) {
  std::mt19937 random(3);
  Problem p{.heads = 2, .queries = 4, .keys = 29, .key_width = 8, .value_width = 3};
  p.fill(random);
  std::ranges::fill(p.q, 0.0F);
  p.run();
  for (const float weight : p.weights) EXPECT_NEAR(weight, 1.0 / 29, 1e-7);
  for (std::int64_t h = 0; h < 2; ++h)
    for (std::int64_t c = 0; c < 3; ++c) {
      double mean = 0;
      for (std::int64_t j = 0; j < 29; ++j) mean += *p.value().at(0, h, j, c) / 29.0;
      EXPECT_NEAR(p.output_at(0, h, 2, c), mean, 1e-6);
    }
}

TEST(CrossAttention, PermutingKeysPermutesWeightsAndKeepsTheOutput) {
  std::mt19937 random(4);
  Problem p{.queries = 7, .keys = 19, .key_width = 16, .value_width = 5};
  p.fill(random);
  p.run();
  std::vector<std::int64_t> order(p.keys);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::shuffle(order, random);
  Problem shuffled = p;
  for (std::int64_t j = 0; j < p.keys; ++j) {
    std::copy_n(p.k.data() + order[j] * 16, 16, shuffled.k.data() + j * 16);
    std::copy_n(p.v.data() + order[j] * 5, 5, shuffled.v.data() + j * 5);
  }
  shuffled.run();
  for (std::int64_t i = 0; i < p.queries; ++i)
    for (std::int64_t j = 0; j < p.keys; ++j)
      EXPECT_NEAR(shuffled.weights[i * 19 + j], p.weights[i * 19 + order[j]], 1e-6);
  for (std::size_t i = 0; i < p.output.size(); ++i)
    EXPECT_NEAR(shuffled.output[i], p.output[i], 1e-5);
}

TEST(CrossAttention, AConstantAddedToARowOfLogitsChangesNothing) {
  std::mt19937 random(5);
  Problem p{.queries = 5, .keys = 12, .key_width = 8, .value_width = 4};
  p.fill(random);
  p.run();
  Problem raised = p;
  const Numbers constant{3, -8, 0.5F, 40, -1};
  raised.options.bias = HeadsView<const float>::head_major(constant.data(), 1, 1, 5, 1);
  raised.run();
  for (std::size_t i = 0; i < p.weights.size(); ++i)
    EXPECT_NEAR(raised.weights[i], p.weights[i], 2e-6);
}

TEST(CrossAttention, RowsMaskedEntirelyGiveZeros) {
  std::mt19937 random(6);
  Problem p{.heads = 2, .queries = 3, .keys = 5, .key_width = 4, .value_width = 4};
  p.fill(random);
  const std::vector<std::uint8_t> mask{1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1};
  p.options.mask = HeadsView<const std::uint8_t>::head_major(mask.data(), 1, 1, 3, 5);
  p.run();
  for (std::int64_t h = 0; h < 2; ++h) {
    for (std::int64_t j = 0; j < 5; ++j) EXPECT_EQ(p.weights[(h * 3 + 1) * 5 + j], 0.0F);
    for (std::int64_t c = 0; c < 4; ++c) EXPECT_EQ(p.output_at(0, h, 1, c), 0.0F);
    EXPECT_EQ(p.weights[h * 15 + 1], 0.0F);
    EXPECT_NEAR(p.weights[h * 15] + p.weights[h * 15 + 2] + p.weights[h * 15 + 3], 1, 1e-6);
  }
}

TEST(CrossAttention, MinusInfinityInTheBiasMasks) {
  std::mt19937 random(7);
  Problem p{.queries = 2, .keys = 3, .key_width = 4, .value_width = 4};
  p.fill(random);
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  const Numbers bias{0, kNever, 0, kNever, kNever, kNever};
  p.options.bias = HeadsView<const float>::head_major(bias.data(), 1, 1, 2, 3);
  p.run();
  EXPECT_EQ(p.weights[1], 0.0F);
  EXPECT_NEAR(p.weights[0] + p.weights[2], 1, 1e-6);
  for (int i = 3; i < 6; ++i) EXPECT_EQ(p.weights[i], 0.0F);
  for (int i = 4; i < 8; ++i) EXPECT_EQ(p.output[i], 0.0F);
}

TEST(CrossAttention, NoKeysGiveZerosAndNoQueriesGiveNothing) {
  std::mt19937 random(8);
  Problem p{.queries = 3, .keys = 0, .key_width = 4, .value_width = 2};
  p.fill(random);
  p.run();
  EXPECT_EQ(p.output, Numbers(6, 0.0F));
  Problem none{.queries = 0, .keys = 4, .key_width = 4, .value_width = 2};
  none.fill(random);
  EXPECT_NO_THROW(none.run());
}

class StrayNumbers : public testing::TestWithParam<float> {};

TEST_P(StrayNumbers, InAQueryReachOnlyItsRow) {
  std::mt19937 random(9);
  Problem p{.queries = 20, .keys = 33, .key_width = 8, .value_width = 8};
  p.fill(random);
  Problem clean = p;
  clean.run();
  p.q[7 * 8 + 3] = GetParam();
  p.run();
  for (std::int64_t i = 0; i < 20; ++i)
    for (std::int64_t c = 0; c < 8; ++c) {
      if (i == 7) {
        EXPECT_TRUE(std::isnan(p.output_at(0, 0, i, c)));
      } else {
        EXPECT_EQ(p.output_at(0, 0, i, c), clean.output_at(0, 0, i, c));
      }
    }
}

TEST_P(StrayNumbers, InAValueReachOnlyRowsThatMayAttend) {
  std::mt19937 random(10);
  Problem p{.queries = 4, .keys = 6, .key_width = 4, .value_width = 3};
  p.fill(random);
  std::vector<std::uint8_t> mask(24, 1);
  mask[0 * 6 + 2] = mask[1 * 6 + 2] = mask[3 * 6 + 2] = 0;
  p.options.mask = HeadsView<const std::uint8_t>::head_major(mask.data(), 1, 1, 4, 6);
  for (const Kernel kernel : {Kernel::kExact, Kernel::kTiled}) {
    p.options.kernel = kernel;
    Problem clean = p;
    clean.run();
    Problem stray = p;
    stray.v[2 * 3 + 1] = GetParam();
    stray.run();
    for (const std::int64_t i : {0, 1, 3})
      for (std::int64_t c = 0; c < 3; ++c)
        EXPECT_EQ(stray.output_at(0, 0, i, c), clean.output_at(0, 0, i, c));
    EXPECT_EQ(stray.output_at(0, 0, 2, 0), clean.output_at(0, 0, 2, 0));
    EXPECT_FALSE(std::isfinite(stray.output_at(0, 0, 2, 1)));
  }
}

TEST_P(StrayNumbers, InAKeyReachOnlyRowsThatMayAttend) {
  std::mt19937 random(12);
  Problem p{.queries = 4, .keys = 6, .key_width = 4, .value_width = 3};
  p.fill(random);
  for (float& q : p.q) q = std::abs(q);  // so that an infinite logit is a positive one
  p.options.window = KeyWindow{.before = 1, .after = 1};
  for (const Kernel kernel : {Kernel::kExact, Kernel::kWindowed}) {
    p.options.kernel = kernel;
    Problem clean = p;
    clean.run();
    Problem stray = p;
    stray.k[4 * 4 + 1] = GetParam();
    stray.run();
    for (const std::int64_t i : {0, 1, 2})
      for (std::int64_t c = 0; c < 3; ++c)
        EXPECT_EQ(stray.output_at(0, 0, i, c), clean.output_at(0, 0, i, c));
    EXPECT_TRUE(std::isnan(stray.output_at(0, 0, 3, 1)));
  }
}

TEST_P(StrayNumbers, InPaddingReachNothing) {
  std::mt19937 random(11);
  Problem p{.batch = 2, .queries = 4, .keys = 6, .key_width = 4, .value_width = 3};
  p.fill(random);
  const std::vector<std::int64_t> lengths{6, 2};
  p.options.key_lengths = lengths;
  Problem clean = p;
  clean.run();
  for (std::int64_t j = 2; j < 6; ++j) {
    p.k[(6 + j) * 4] = GetParam();
    p.v[(6 + j) * 3] = GetParam();
  }
  p.run();
  EXPECT_EQ(p.output, clean.output);
}

TEST_P(StrayNumbers, InPaddingReachNothingInBfloat16WhereRowsComeInPairs) {
  std::mt19937 random(14);
  Problem p{.batch = 2, .queries = 4, .keys = 6, .key_width = 4, .value_width = 3};
  p.fill(random);
  p.bfloat16 = true;
  const std::vector<std::int64_t> lengths{5, 3};
  p.options.key_lengths = lengths;
  Problem clean = p;
  clean.run();
  p.v[5 * 3 + 1] = p.v[(6 + 3) * 3] = p.k[5 * 4] = GetParam();
  p.run();
  EXPECT_EQ(p.output, clean.output);
}

TEST_P(StrayNumbers, AreKeptAwayByMinusInfinityInAnyBias) {
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  std::mt19937 random(15);
  // Query i may not see the key at i + 1.
  Numbers bias(20, 0.0F), table(9, 0.0F);
  for (std::int64_t i = 0; i < 4; ++i) bias[i * 5 + i + 1] = kNever;
  table[3 + 1] = kNever;
  for (const Kernel kernel : {Kernel::kExact, Kernel::kTiled}) {
    for (const bool relative : {false, true}) {
      Problem p{.queries = 4, .keys = 5, .key_width = 4, .value_width = 3};
      p.fill(random);
      for (float& q : p.q) q = std::abs(q);  // so that an infinite logit is a positive one
      p.options.kernel = kernel;
      if (relative) {
        p.options.relative_bias = {table, -3};
      } else {
        p.options.bias = HeadsView<const float>::head_major(bias.data(), 1, 1, 4, 5);
      }
      Problem clean = p;
      clean.run();
      p.v[2 * 3 + 1] = p.k[2 * 4] = GetParam();
      p.run();
      for (std::int64_t c = 0; c < 3; ++c)
        EXPECT_EQ(p.output_at(0, 0, 1, c), clean.output_at(0, 0, 1, c)) << name(kernel) << relative;
      EXPECT_FALSE(std::isfinite(p.output_at(0, 0, 3, 1)));
    }
  }
}

TEST_P(StrayNumbers, InAQueryLeaveItsWeightsOutsideItsWindowAtZero) {
  std::mt19937 random(16);
  for (const Kernel kernel : {Kernel::kExact, Kernel::kWindowed}) {
    Problem p{.queries = 20, .keys = 20, .key_width = 4, .value_width = 2};
    p.fill(random);
    for (float& k : p.k) k = std::abs(k);
    p.options.kernel = kernel;
    p.options.window = KeyWindow{.before = 1, .after = 1};
    p.q[7 * 4] = GetParam();
    p.run();
    for (std::int64_t j = 0; j < 20; ++j) {
      const float weight = p.weights[7 * 20 + j];
      if (j < 6 || j > 8) {
        EXPECT_EQ(weight, 0.0F) << name(kernel) << " " << j;
      } else {
        EXPECT_TRUE(std::isnan(weight)) << name(kernel) << " " << j;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(NotFinite, StrayNumbers,
                         testing::Values(std::numeric_limits<float>::quiet_NaN(),
                                         std::numeric_limits<float>::infinity()));

TEST(CrossAttention, GivesTheSameBitsOnEveryThread) {
  std::mt19937 random(12);
  Problem p{.batch = 2, .heads = 3, .queries = 31, .keys = 47, .key_width = 16, .value_width = 16};
  p.fill(random);
  std::vector<Problem> copies(4, p);
  p.run();
  std::vector<std::thread> threads;
  for (Problem& copy : copies) threads.emplace_back([&copy] { copy.run(); });
  for (std::thread& thread : threads) thread.join();
  for (const Problem& copy : copies) {
    EXPECT_EQ(copy.output, p.output);
    EXPECT_EQ(copy.weights, p.weights);
  }
}

}  // namespace
}  // namespace attune::attention
