#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/error.h"
#include "problem.h"

namespace attune::attention {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// A valid problem whose views a test spoils before the call.
struct Arguments {
  Numbers memory = Numbers(4096, 0.5F);
  std::vector<std::uint8_t> mask_memory = std::vector<std::uint8_t>(4096, 1);
  std::vector<std::int64_t> lengths;
  HeadsView<const float> query = HeadsView<const float>::head_major(memory.data(), 2, 3, 5, 4);
  HeadsView<const float> key = HeadsView<const float>::head_major(memory.data(), 2, 3, 6, 4);
  HeadsView<const float> value = HeadsView<const float>::head_major(memory.data(), 2, 3, 6, 7);
  Numbers results = Numbers(4096);
  HeadsView<float> output = HeadsView<float>::head_major(results.data(), 2, 3, 5, 7);
  HeadsView<float> weights;
  CrossAttentionOptions options;
  AttentionReadout readout;

  void call() {
    readout.weights = weights;
    cross_attention(query, key, value, output, options, readout);
  }
};

std::string message(const std::function<void(Arguments&)>& spoil) {
  Arguments arguments;
  spoil(arguments);
  try {
    arguments.call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

TEST(AttentionShapes, AcceptedWhenTheyFit) {
  EXPECT_NO_THROW(Arguments().call());
}

TEST(AttentionShapes, WidthsOfQueryAndKeyMustAgree) {
  EXPECT_THAT(message([](Arguments& a) { a.key.shape[3] = 5; }),
              AllOf(HasSubstr("query [2, 3, 5, 4] and key [2, 3, 6, 5]"), HasSubstr("width")));
}

TEST(AttentionShapes, BatchAndHeadsMustAgree) {
  EXPECT_THAT(message([](Arguments& a) { a.key.shape[0] = 1; }),
              AllOf(HasSubstr("query [2, 3, 5, 4] and key [1, 3, 6, 4]"), HasSubstr("batch")));
  EXPECT_THAT(message([](Arguments& a) { a.key.shape[1] = 2; }),
              AllOf(HasSubstr("query [2, 3, 5, 4] and key [2, 2, 6, 4]"), HasSubstr("heads")));
}

TEST(AttentionShapes, ValueMustMatchKey) {
  EXPECT_THAT(message([](Arguments& a) { a.value.shape[2] = 5; }),
              HasSubstr("value [2, 3, 5, 7] and key [2, 3, 6, 4]"));
}

TEST(AttentionShapes, OutputAndWeightsMustHaveTheirShape) {
  EXPECT_THAT(message([](Arguments& a) { a.output.shape[3] = 4; }),
              AllOf(HasSubstr("output [2, 3, 5, 4]"), HasSubstr("[2, 3, 5, 7]")));
  EXPECT_THAT(message([](Arguments& a) {
                a.weights = HeadsView<float>::head_major(a.results.data(), 2, 3, 5, 5);
              }),
              AllOf(HasSubstr("weights [2, 3, 5, 5]"), HasSubstr("[2, 3, 5, 6]")));
}

TEST(AttentionShapes, NegativeExtentsAndStridesAreRefused) {
  EXPECT_THAT(message([](Arguments& a) { a.query.shape[2] = -1; }),
              HasSubstr("query [2, 3, -1, 4] has a negative extent"));
  EXPECT_THAT(message([](Arguments& a) { a.value.strides[2] = -7; }),
              HasSubstr("value [2, 3, 6, 7] has a negative stride"));
}

TEST(AttentionShapes, ProductsThatOverflowAreRefused) {
  EXPECT_THAT(message([](Arguments& a) {
                a.query.shape[2] = std::int64_t{1} << 40;
                a.query.shape[3] = a.key.shape[3] = std::int64_t{1} << 40;
              }),
              HasSubstr("query [2, 3, 1099511627776, 1099511627776] has more elements"));
}

TEST(AttentionShapes, MissingDataIsRefused) {
  EXPECT_THAT(message([](Arguments& a) { a.key.data = nullptr; }),
              HasSubstr("key [2, 3, 6, 4] has no data"));
}

TEST(AttentionShapes, AnOutputThatOverlapsItselfIsRefused) {
  EXPECT_THAT(message([](Arguments& a) { a.output.strides[1] = 0; }),
              HasSubstr("output [2, 3, 5, 7] with strides [105, 0, 7, 1] overlaps itself"));
}

TEST(AttentionShapes, BiasAndMaskMustBroadcast) {
  EXPECT_THAT(message([](Arguments& a) {
                a.options.bias = HeadsView<const float>::head_major(a.memory.data(), 1, 1, 4, 6);
              }),
              HasSubstr("bias [1, 1, 4, 6] does not fit the weights [2, 3, 5, 6]"));
  EXPECT_THAT(message([](Arguments& a) {
                a.options.mask =
                    HeadsView<const std::uint8_t>::head_major(a.mask_memory.data(), 2, 3, 5, 7);
              }),
              HasSubstr("mask [2, 3, 5, 7] does not fit the weights [2, 3, 5, 6]"));
}

TEST(AttentionShapes, RelativeBiasMustCoverEveryOffset) {
  EXPECT_THAT(
      message([](Arguments& a) {
        a.options.relative_bias = {std::span(a.memory).first(3 * 9), -4};
      }),
      HasSubstr("covers the offsets -4 to 4, but query length 5 and key length 6 need -4 to 5"));
  EXPECT_THAT(message([](Arguments& a) {
                a.options.relative_bias = {std::span(a.memory).first(31), -4};
              }),
              HasSubstr("table of 31 entries is not a multiple of 3 heads"));
}

TEST(AttentionShapes, KeyLengthsMustLieWithinTheKeys) {
  EXPECT_THAT(message([](Arguments& a) {
                a.lengths = {1};
                a.options.key_lengths = a.lengths;
              }),
              HasSubstr("1 key lengths for key [2, 3, 6, 4]"));
  EXPECT_THAT(message([](Arguments& a) {
                a.lengths = {1, 7};
                a.options.key_lengths = a.lengths;
              }),
              HasSubstr("key length 7 is not within key [2, 3, 6, 4]"));
}

TEST(AttentionShapes, RelativeBiasOfAWindowNeedsToCoverTheWindow) {
  const auto with_window = [](Arguments& a) {
    a.options.window = KeyWindow{.before = 2, .after = 1};
    a.options.relative_bias = {std::span(a.memory).first(3 * 4), -2};
  };
  Arguments fits;
  with_window(fits);
  EXPECT_NO_THROW(fits.call());
  EXPECT_THAT(
      message([&](Arguments& a) {
        with_window(a);
        a.options.relative_bias.first_offset = -1;
      }),
      HasSubstr("covers the offsets -1 to 2, but query length 5 and key length 6 need -2 to 1"));
}

TEST(AttentionShapes, AWindowMustBeAbleToHoldAKey) {
  EXPECT_THAT(message([](Arguments& a) { a.options.window = KeyWindow{.before = -3, .after = 2}; }),
              HasSubstr("a window from -3 before to 2 after the query holds no key"));
  EXPECT_THAT(message([](Arguments& a) { a.options.kernel = Kernel::kWindowed; }),
              HasSubstr("the windowed kernel needs a window"));
}

TEST(AttentionShapes, TimesMustBeThoseOfQueriesAndKeysAndAscend) {
  static const std::vector<std::int64_t> five{0, 1, 2, 3, 4}, down{0, 1, 5, 4, 6, 7};
  EXPECT_THAT(message([](Arguments& a) {
                a.options.window = KeyWindow{.before = 1, .after = 1, .key_times = five};
              }),
              HasSubstr("5 key times for 6 keys"));
  EXPECT_THAT(message([](Arguments& a) {
                a.options.window = KeyWindow{.before = 1, .after = 1, .key_times = down};
              }),
              HasSubstr("key times descend at 2: 5 is followed by 4"));
}

TEST(AttentionShapes, StridesThatCannotWorkAreRefused) {
  EXPECT_THAT(message([](Arguments& a) { a.output.strides[2] = 3; }),
              HasSubstr("output [2, 3, 5, 7] with strides [105, 35, 3, 1] overlaps itself"));
  EXPECT_THAT(message([](Arguments& a) { a.key.strides[0] = INT64_MAX / 2; }),
              HasSubstr("reaches beyond any memory"));
}

TEST(AttentionShapes, CompressionNeedsAWindowAndNothingThatNamesSingleKeys) {
  const auto compressed = [](Arguments& a) {
    a.options.window = KeyWindow{.before = 1, .after = 1};
    a.options.compression.stride = 2;
    a.weights = {};
  };
  Arguments fits;
  compressed(fits);
  EXPECT_NO_THROW(fits.call());
  EXPECT_THAT(message([&](Arguments& a) {
                compressed(a);
                a.options.window.reset();
              }),
              HasSubstr("compression needs the window in which keys stay exact"));
  EXPECT_THAT(message([&](Arguments& a) {
                compressed(a);
                a.options.compression.stride = -2;
              }),
              HasSubstr("stride of compression -2 is negative"));
  EXPECT_THAT(message([&](Arguments& a) {
                compressed(a);
                a.options.kernel = Kernel::kTiled;
              }),
              HasSubstr("the tiled kernel does not compress"));
  EXPECT_THAT(message([&](Arguments& a) {
                compressed(a);
                a.options.compression.projection = std::span(a.memory).first(5);
              }),
              HasSubstr("projection of 5 weights for 3 heads and stride 2"));
  EXPECT_THAT(message([](Arguments& a) { a.options.kernel = Kernel::kCompressed; }),
              HasSubstr("the compressed kernel needs a stride"));
  EXPECT_THAT(message([&](Arguments& a) {
                compressed(a);
                a.weights = HeadsView<float>::head_major(a.results.data(), 2, 3, 5, 6);
              }),
              HasSubstr("no weights of single keys"));
}

TEST(AttentionShapes, ReadoutsMustFit) {
  static const std::vector<std::int32_t> groups{0, 1, 2, 0, 1, 3};
  const auto grouped = [](Arguments& a, std::int64_t count) {
    a.readout.group_sums = HeadsView<float>::head_major(a.results.data(), 2, 3, 5, count);
    a.readout.key_groups = groups;
  };
  EXPECT_THAT(message([&](Arguments& a) { grouped(a, 3); }),
              HasSubstr("group 3 of a key is not below the 3 groups of the sums"));
  EXPECT_THAT(message([&](Arguments& a) {
                grouped(a, 4);
                a.readout.key_groups = std::span(groups).first(5);
              }),
              HasSubstr("5 groups of keys for 6 keys"));
  EXPECT_THAT(message([](Arguments& a) {
                a.readout.offset_sums = HeadsView<float>::head_major(a.results.data(), 2, 3, 4, 2);
              }),
              HasSubstr("offset sums [2, 3, 4, 2] should be [2, 3, 5, 2]"));
}

}  // namespace
}  // namespace attune::attention
