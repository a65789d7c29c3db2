// Every kernel and precision against the formula in double, over random shapes and options.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <string>

#include "attention/cross_attention.h"
#include "problem.h"
#include "reference.h"
#include "tensor/processor.h"

namespace attune::attention {
namespace {

using testing::HasSubstr;

std::ostringstream& text_of_log() {
  static std::ostringstream text;
  return text;
}

std::int64_t pick(std::mt19937& random, std::span<const std::int64_t> from) {
  return from[random() % from.size()];
}

constexpr std::array<std::int64_t, 14> kLengths{0,  1,  2,  3,  5,   8,   13,
                                                17, 31, 49, 97, 128, 131, 257};
constexpr std::array<std::int64_t, 7> kWidths{1, 2, 3, 8, 13, 32, 64};

/// Everything an option may refer to, chosen at random.
struct RandomOptions {
  Numbers bias{}, table{}, groups_out{}, offsets_out{};
  std::vector<std::uint8_t> mask{};
  std::vector<std::int64_t> lengths{}, query_times{}, key_times{};
  std::vector<std::int32_t> groups{};
  std::int64_t group_count = 0;

  static bool once_in(std::mt19937& random, unsigned n) { return random() % n == 0; }

  void attach(std::mt19937& random, Problem& p, bool windowed) {
    const auto one_or = [&](std::int64_t n) { return random() % 2 ? std::int64_t{1} : n; };
    if (once_in(random, 3)) {
      const std::array s{one_or(p.batch), one_or(p.heads), one_or(p.queries), one_or(p.keys)};
      bias = random_numbers(random, s[0] * s[1] * s[2] * s[3], 2);
      p.options.bias = HeadsView<const float>::head_major(bias.data(), s[0], s[1], s[2], s[3]);
    }
    if (once_in(random, 3)) {
      const std::int64_t slack = random() % 3;
      const std::int64_t offsets = p.queries + p.keys + 2 * slack;
      table = random_numbers(random, p.heads * offsets);
      p.options.relative_bias = {table, -(p.queries + slack)};
    }
    if (once_in(random, 3)) {
      const std::array s{one_or(p.batch), one_or(p.heads), one_or(p.queries), one_or(p.keys)};
      mask.resize(s[0] * s[1] * s[2] * s[3]);
      for (auto& allowed : mask) allowed = random() % 3 != 0;
      p.options.mask =
          HeadsView<const std::uint8_t>::head_major(mask.data(), s[0], s[1], s[2], s[3]);
    }
    if (once_in(random, 3)) {
      for (std::int64_t b = 0; b < p.batch; ++b) lengths.push_back(random() % (p.keys + 1));
      p.options.key_lengths = lengths;
    }
    if (once_in(random, 4)) p.options.scale = once_in(random, 2) ? 0.3F : -0.7F;
    if (windowed) attach_window(random, p);
    attach_readout(random, p);
  }

  void attach_window(std::mt19937& random, Problem& p) {
    const auto around = [&](int n) { return static_cast<std::int64_t>(random() % n); };
    KeyWindow window{.before = around(40) - 10, .after = 0};
    window.after = around(40) - window.before;
    if (once_in(random, 2)) {
      const auto times = [&](std::int64_t count) {
        std::vector<std::int64_t> result;
        std::int64_t now = around(20) - 10;
        for (std::int64_t i = 0; i < count; ++i) result.push_back(now += around(4));
        return result;
      };
      query_times = times(p.queries);
      key_times = times(p.keys);
      window.query_times = query_times;
      window.key_times = key_times;
    }
    p.options.window = window;
  }

  void attach_readout(std::mt19937& random, Problem& p) {
    if (once_in(random, 3)) {
      group_count = 1 + random() % 5;
      for (std::int64_t j = 0; j < p.keys; ++j) groups.push_back(random() % group_count);
      groups_out.assign(p.batch * p.heads * p.queries * group_count, -7);
      p.readout.group_sums =
          HeadsView<float>::head_major(groups_out.data(), p.batch, p.heads, p.queries, group_count);
      p.readout.key_groups = groups;
    }
    if (once_in(random, 3)) {
      const std::int64_t rows = once_in(random, 2) ? 1 : p.queries;
      p.readout.first_offset = static_cast<std::int64_t>(random() % 20) - 15;
      const std::int64_t offsets = 1 + random() % 20;
      offsets_out.assign(p.batch * p.heads * rows * offsets, -7);
      p.readout.offset_sums =
          HeadsView<float>::head_major(offsets_out.data(), p.batch, p.heads, rows, offsets);
    }
  }

  void expect_readout(const Problem& p, const std::vector<double>& weights, double tolerance,
                      const std::string& where) const {
    const std::int64_t offsets = p.readout.offset_sums.width();
    const std::int64_t rows = p.readout.offset_sums.length();
    std::vector<double> by_group(groups_out.size()), by_offset(offsets_out.size());
    for (std::int64_t row = 0; row < p.batch * p.heads * p.queries; ++row) {
      const std::int64_t query = row % p.queries;
      const std::int64_t head = row / p.queries;
      for (std::int64_t j = 0; j < p.keys; ++j) {
        const double weight = weights[row * p.keys + j];
        if (!groups.empty()) by_group[row * group_count + groups[j]] += weight;
        const std::int64_t offset = j - query - p.readout.first_offset;
        if (offset >= 0 && offset < offsets)
          by_offset[(head * rows + (rows == 1 ? 0 : query)) * offsets + offset] += weight;
      }
    }
    for (std::size_t i = 0; i < by_group.size(); ++i)
      ASSERT_NEAR(groups_out[i], by_group[i], tolerance) << where << ", group sum " << i;
    for (std::size_t i = 0; i < by_offset.size(); ++i)
      ASSERT_NEAR(offsets_out[i], by_offset[i], tolerance * double(p.queries))
          << where << ", offset sum " << i;
  }
};

struct Variant {
  Kernel kernel;
  bool bfloat16;
};

class Kernels : public testing::TestWithParam<Variant> {};

TEST_P(Kernels, AgreeWithDoublePrecisionOnRandomProblems) {
  const bool windowed = GetParam().kernel == Kernel::kWindowed;
  std::mt19937 random(1);
  for (int trial = 0; trial < 1200; ++trial) {
    Problem p{.batch = 1 + static_cast<std::int64_t>(random() % 2),
              .heads = 1 + static_cast<std::int64_t>(random() % 3),
              .queries = pick(random, kLengths),
              .keys = pick(random, kLengths),
              .key_width = pick(random, kWidths),
              .value_width = pick(random, kWidths),
              .interleaved = random() % 2 == 0};
    p.fill(random);
    p.options.kernel = GetParam().kernel;
    p.bfloat16 = GetParam().bfloat16;
    if (p.bfloat16) p.round_inputs();
    RandomOptions storage;
    storage.attach(random, p,
                   windowed || (GetParam().kernel == Kernel::kExact && random() % 4 == 0));
    p.run();
    const ReferenceAttention truth = reference_attention(p.query(), p.key(), p.value(), p.options);
    const double root = std::sqrt(double(std::max<std::int64_t>(p.keys, 1)));
    const double of_weights = 2e-6 * root;
    double largest = 1;
    for (const float v : p.v) largest = std::max<double>(largest, std::abs(v));
    const double of_output = p.bfloat16 ? 2e-2 : 2e-6 * root;
    const std::string where = "trial " + std::to_string(trial);
    std::size_t n = 0;
    for (std::int64_t b = 0; b < p.batch; ++b)
      for (std::int64_t h = 0; h < p.heads; ++h)
        for (std::int64_t i = 0; i < p.queries; ++i)
          for (std::int64_t c = 0; c < p.value_width; ++c)
            ASSERT_NEAR(p.output_at(b, h, i, c), truth.output[n++], of_output * largest)
                << where << " at " << b << " " << h << " " << i << " " << c;
    for (std::size_t i = 0; i < truth.weights.size(); ++i)
      ASSERT_NEAR(p.weights[i], truth.weights[i], of_weights) << where << ", weight " << i;
    for (std::int64_t row = 0; row < p.batch * p.heads * p.queries; ++row) {
      double sum = 0, expected = 0;
      for (std::int64_t j = 0; j < p.keys; ++j) {
        sum += p.weights[row * p.keys + j];
        expected += truth.weights[row * p.keys + j];
      }
      ASSERT_NEAR(sum, std::round(expected), 1e-6) << where << ", weights of row " << row;
    }
    ASSERT_NO_FATAL_FAILURE(storage.expect_readout(p, truth.weights, of_weights, where));
  }
}

TEST_P(Kernels, WeightsOfLongRowsSumToOne) {
  std::mt19937 random(2);
  for (const std::int64_t keys : {997, 4096, 20011}) {
    Problem p{.queries = 5, .keys = keys, .key_width = 16, .value_width = 4};
    p.fill(random);
    p.options.kernel = GetParam().kernel;
    if (p.options.kernel == Kernel::kWindowed) p.options.window = {.before = 3, .after = keys};
    p.bfloat16 = GetParam().bfloat16;
    p.run();
    for (std::int64_t i = 0; i < p.queries; ++i) {
      double sum = 0;
      for (std::int64_t j = 0; j < keys; ++j) sum += p.weights[i * keys + j];
      EXPECT_NEAR(sum, 1, 1e-6) << keys << " keys, row " << i;
    }
  }
}

/// The kernel that a call takes, as the debug log names it.
std::string chosen(const CrossAttentionOptions& options) {
  const auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_of_log());
  const auto logger = std::make_shared<spdlog::logger>("attune", sink);
  logger->set_level(spdlog::level::debug);
  spdlog::register_logger(logger);
  text_of_log().str("");
  std::mt19937 random(3);
  Problem p{.queries = 20, .keys = 30, .key_width = 4, .value_width = 2};
  p.fill(random);
  p.options = options;
  p.run_output();
  spdlog::drop("attune");
  return text_of_log().str();
}

TEST(KernelChoice, IsLoggedWithItsReason) {
  EXPECT_THAT(chosen({}), HasSubstr("20 queries on 30 keys: tiled kernel in float32, because every "
                                    "query sees every key"));
  EXPECT_THAT(chosen({.window = KeyWindow{.before = 5, .after = 5}}),
              HasSubstr("windowed kernel in float32, because windows are shorter than the keys"));
  EXPECT_THAT(chosen({.window = KeyWindow{.before = 19, .after = 29}}),
              HasSubstr("tiled kernel in float32, because the window of every query holds every"));
  EXPECT_THAT(chosen({.window = KeyWindow{.before = 5, .after = 5}, .compression = {.stride = 4}}),
              HasSubstr("compressed kernel"));
  EXPECT_THAT(chosen({.kernel = Kernel::kExact}),
              HasSubstr("exact kernel in float32, because asked"));
}

INSTANTIATE_TEST_SUITE_P(All, Kernels,
                         testing::Values(Variant{Kernel::kExact, false},
                                         Variant{Kernel::kTiled, false},
                                         Variant{Kernel::kTiled, true},
                                         Variant{Kernel::kWindowed, false},
                                         Variant{Kernel::kWindowed, true}),
                         [](const auto& info) {
                           return std::string(name(info.param.kernel)) +
                                  (info.param.bfloat16 ? "_bfloat16" : "_float32");
                         });

}  // namespace
}  // namespace attune::attention
