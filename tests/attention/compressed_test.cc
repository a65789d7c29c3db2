#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "attention/cross_attention.h"
#include "problem.h"
#include "reference.h"

namespace attune::attention {
namespace {

/// The compressed kernel in double, from its definition: the keys of the cells that the window
/// touches, and one pooled key for each other cell that weighs as much as its size.
std::vector<double> compressed_reference(const Problem& p) {
  const Compression& compression = p.options.compression;
  const KeyWindow& window = *p.options.window;
  const double scale = 1 / std::sqrt(double(p.key_width));
  std::vector<double> output;
  for (std::int64_t b = 0; b < p.batch; ++b)
    for (std::int64_t h = 0; h < p.heads; ++h)
      for (std::int64_t i = 0; i < p.queries; ++i) {
        const std::int64_t keys = p.options.key_lengths.empty() ? p.keys : p.options.key_lengths[b];
        double sum = 0;
        std::vector<double> attended(p.value_width, 0.0);
        const auto take = [&](const std::vector<double>& key, const std::vector<double>& value,
                              double times) {
          double logit = 0;
          for (std::int64_t c = 0; c < p.key_width; ++c)
            logit += *p.query().at(b, h, i, c) * key[c];
          const double weight = times * std::exp(scale * logit);
          sum += weight;
          for (std::int64_t c = 0; c < p.value_width; ++c) attended[c] += weight * value[c];
        };
        const std::int64_t first = std::max<std::int64_t>(i - window.before, 0);
        const std::int64_t last = std::min(i + window.after, p.keys - 1);
        for (std::int64_t cell = 0; cell * compression.stride < keys; ++cell) {
          const std::int64_t begin = cell * compression.stride;
          const std::int64_t end = std::min(begin + compression.stride, keys);
          const bool near = first <= last && begin <= last && begin + compression.stride > first;
          std::vector<double> key(p.key_width, 0.0), value(p.value_width, 0.0);
          double all = 0, used = 0;
          for (std::int64_t place = 0; place < compression.stride; ++place) {
            const double w = compression.projection.empty()
                                 ? 1
                                 : compression.projection[h * compression.stride + place];
            all += w;
            if (begin + place < end) used += w;
          }
          for (std::int64_t j = begin; j < end; ++j) {
            const double w =
                compression.projection.empty()
                    ? 1.0 / double(end - begin)
                    : compression.projection[h * compression.stride + j - begin] * all / used;
            std::vector<double> one_key, one_value;
            for (std::int64_t c = 0; c < p.key_width; ++c) {
              one_key.push_back(*p.key().at(b, h, j, c));
              key[c] += w * one_key.back();
            }
            for (std::int64_t c = 0; c < p.value_width; ++c) {
              one_value.push_back(*p.value().at(b, h, j, c));
              value[c] += w * one_value.back();
            }
            if (near) take(one_key, one_value, 1);
          }
          if (!near) take(key, value, double(end - begin));
        }
        for (const double a : attended) output.push_back(sum > 0 ? a / sum : 0);
      }
  return output;
}

TEST(CompressedAttention, AgreesWithItsDefinitionOnRandomProblems) {
  std::mt19937 random(1);
  constexpr std::array<std::int64_t, 8> kLengths{0, 1, 7, 31, 64, 130, 257, 300};
  for (int trial = 0; trial < 1000; ++trial) {
    const auto pick = [&] { return kLengths[random() % kLengths.size()]; };
    Problem p{.batch = 1 + static_cast<std::int64_t>(random() % 2),
              .heads = 2,
              .queries = pick(),
              .keys = pick(),
              .key_width = 1 + static_cast<std::int64_t>(random() % 16),
              .value_width = 5,
              .interleaved = random() % 2 == 0};
    p.fill(random);
    p.options.window = KeyWindow{.before = static_cast<std::int64_t>(random() % 40),
                                 .after = static_cast<std::int64_t>(random() % 20)};
    p.options.compression.stride = 1 + static_cast<std::int64_t>(random() % 17);
    Numbers projection;
    if (random() % 2 == 0) {
      for (std::int64_t i = 0; i < p.heads * p.options.compression.stride; ++i)
        projection.push_back(0.05F + 0.1F * static_cast<float>(random() % 10));
      p.options.compression.projection = projection;
    }
    std::vector<std::int64_t> lengths;
    if (random() % 3 == 0) {
      for (std::int64_t b = 0; b < p.batch; ++b) lengths.push_back(random() % (p.keys + 1));
      p.options.key_lengths = lengths;
    }
    p.run_output();
    const std::vector<double> truth = compressed_reference(p);
    double largest = 1;
    for (const float v : p.v) largest = std::max<double>(largest, std::abs(v));
    std::size_t n = 0;
    for (std::int64_t b = 0; b < p.batch; ++b)
      for (std::int64_t h = 0; h < p.heads; ++h)
        for (std::int64_t i = 0; i < p.queries; ++i)
          for (std::int64_t c = 0; c < p.value_width; ++c)
            ASSERT_NEAR(p.output_at(b, h, i, c), truth[n++],
                        1e-5 * largest * (projection.empty() ? 1 : 20))
                << "trial " << trial << " at " << b << " " << h << " " << i << " " << c;
  }
}

TEST(CompressedAttention, IsExactWhenTheFarKeysOfACellAreEqual) {
  std::mt19937 random(2);
  Problem p{.heads = 2, .queries = 90, .keys = 90, .key_width = 8, .value_width = 4};
  p.fill(random);
  for (std::int64_t h = 0; h < 2; ++h)
    for (std::int64_t j = 0; j < 90; ++j) {
      std::copy_n(p.k.data() + (h * 90 + j / 9 * 9) * 8, 8, p.k.data() + (h * 90 + j) * 8);
      std::copy_n(p.v.data() + (h * 90 + j / 9 * 9) * 4, 4, p.v.data() + (h * 90 + j) * 4);
    }
  Problem whole = p;
  whole.run_output();
  p.options.window = KeyWindow{.before = 4, .after = 4};
  p.options.compression.stride = 9;
  p.run_output();
  for (std::size_t i = 0; i < p.output.size(); ++i)
    ASSERT_NEAR(p.output[i], whole.output[i], 5e-6) << i;
}

TEST(CompressedAttention, OneCellMayHoldEverything) {
  std::mt19937 random(3);
  Problem p{.queries = 3, .keys = 40, .key_width = 4, .value_width = 2};
  p.fill(random);
  p.options.window = KeyWindow{.before = -100, .after = 200};
  p.options.compression.stride = INT64_MAX;
  p.run_output();
  double mean = 0;
  for (std::int64_t j = 0; j < 40; ++j) mean += p.v[j * 2] / 40.0;
  EXPECT_NEAR(p.output[0], mean, 1e-6);
}

}  // namespace
}  // namespace attune::attention
