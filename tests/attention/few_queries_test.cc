#include "attention/few_queries.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "attention/cross_attention.h"
#include "core/error.h"

namespace attune::attention {
namespace {

std::vector<float> normal_numbers(std::int64_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  std::vector<float> numbers(static_cast<std::size_t>(count));
  for (float& number : numbers) number = normal(generator);
  return numbers;
}

struct Case {
  std::int64_t queries;
  std::int64_t keys;
  std::int64_t width;
};

class FewQueries : public testing::TestWithParam<Case> {};

TEST_P(FewQueries, IsWhatTheExactKernelComputes) {
  const auto [queries, keys, width] = GetParam();
  constexpr std::int64_t kHeads = 3;
  const auto q = normal_numbers(2 * kHeads * queries * width, 1);
  const auto k = normal_numbers(2 * kHeads * keys * width, 2);
  const auto v = normal_numbers(2 * kHeads * keys * width, 3);
  std::vector<float> few(q.size(), NAN);
  std::vector<float> exact(q.size());
  // Queries as linear layers write them, keys head by head.
  const auto query = HeadsView<const float>::interleaved(q.data(), 2, queries, kHeads, width);
  const auto key = HeadsView<const float>::head_major(k.data(), 2, kHeads, keys, width);
  const auto value = HeadsView<const float>::head_major(v.data(), 2, kHeads, keys, width);
  const auto output = [&](std::vector<float>& numbers) {
    return HeadsView<float>::interleaved(numbers.data(), 2, queries, kHeads, width);
  };
  few_query_attention(query, key, value, output(few));
  cross_attention(query, key, value, output(exact), {.kernel = Kernel::kExact});
  for (std::size_t i = 0; i < few.size(); ++i) ASSERT_NEAR(few[i], exact[i], 2e-6) << i;
}

INSTANTIATE_TEST_SUITE_P(Shapes, FewQueries,
                         testing::Values(Case{1, 1500, 64}, Case{5, 1500, 64}, Case{8, 7, 32},
                                         Case{1, 1, 16}, Case{2, 33, 80}, Case{3, 300, 128}));

TEST(FewQueries, RefusesOtherWidthsAndLengths) {
  std::vector<float> numbers(4096);
  const auto view = [&](std::int64_t length, std::int64_t width) {
    return HeadsView<float>::head_major(numbers.data(), 1, 1, length, width);
  };
  EXPECT_THROW(few_query_attention(view(1, 20), view(9, 20), view(9, 20), view(1, 20)), Error);
  EXPECT_THROW(few_query_attention(view(1, 32), view(9, 32), view(8, 32), view(1, 32)), Error);
  EXPECT_THROW(few_query_attention(view(1, 32), view(0, 32), view(0, 32), view(1, 32)), Error);
}

}  // namespace
}  // namespace attune::attention
