#include "tensor/conv.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "reference.h"
#include "tensor/batch_norm.h"
#include "tensor/elementwise.h"
#include "tensor/pool.h"

namespace attune::tensor {
namespace {

struct Case {
  const char* name;
  Shape input;
  Shape weight;
  ConvOptions options;
};

void PrintTo(const Case& c, std::ostream* os) {
  *os << c.name;
}

class ConvCases : public testing::TestWithParam<Case> {};

TEST_P(ConvCases, AgreesWithTheDefinition) {
  const Case& c = GetParam();
  const Tensor input = reference::random(c.input, 1);
  const Tensor weight = reference::random(c.weight, 2, 0.3F);
  const Tensor bias = reference::random({c.weight[0]}, 3);
  const Conv conv(weight, bias, c.options);
  const Tensor expected =
      reference::conv(input, weight, bias, c.options, conv.output_shape(c.input));
  reference::expect_near(conv(input), expected, 2e-5F);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, ConvCases,
    testing::Values(
        Case{"picture", {2, 9, 7, 5}, {6, 5, 3, 3}, {.padding = {1, 1}}},
        Case{"strided", {1, 16, 16, 3}, {16, 3, 3, 3}, {.stride = {2, 2}, .padding = {1, 1}}},
        Case{"gray", {3, 20, 20, 1}, {16, 1, 5, 5}, {.stride = {2, 2}, .padding = {2, 2}}},
        Case{"pointwise", {1, 6, 6, 16}, {32, 16, 1, 1}, {.activation = Activation::kRelu}},
        Case{"depthwise", {1, 8, 8, 32}, {32, 1, 3, 3}, {.padding = {1, 1}, .groups = 32}},
        Case{"grouped", {1, 5, 5, 8}, {12, 4, 3, 3}, {.padding = {1, 1}, .groups = 2}},
        Case{"sequence", {1, 1, 30, 40}, {96, 40, 1, 5}, {.stride = {1, 2}}},
        Case{"time", {1, 11, 9, 32}, {32, 32, 5, 1}, {.padding = {2, 0}}},
        Case{"odd batch", {37, 4, 4, 8}, {8, 8, 3, 3}, {.padding = {1, 1}}},
        Case{"one output", {1, 6, 5, 64}, {1, 64, 3, 3}, {.padding = {1, 1}}},
        Case{"gelu", {1, 3, 3, 4}, {8, 4, 1, 1}, {.activation = Activation::kGelu}},
        Case{"tanh", {1, 3, 3, 4}, {8, 4, 1, 1}, {.activation = Activation::kTanh}},
        Case{"sigmoid", {1, 3, 3, 4}, {8, 4, 1, 1}, {.activation = Activation::kSigmoid}}),
    [](const auto& info) {
      std::string name = info.param.name;
      for (char& c : name) c = c == ' ' ? '_' : c;
      return name;
    });

TEST(Conv, ConvolutionOverTimeIsA3dConvolution) {
  // y[t, p, o] = sum over k, i of w[o, i, k] x[t + k - 1, p, i], every pixel by itself.
  const Tensor input = reference::random({7, 3, 2, 4}, 4);
  const Tensor weight = reference::random({5, 4, 3, 1}, 5);
  const Conv conv(weight, {}, {.padding = {1, 0}});
  const Tensor output = conv(input.reshaped({1, 7, 6, 4})).reshaped({7, 3, 2, 5});
  for (std::int64_t t = 0; t < 7; ++t)
    for (std::int64_t y = 0; y < 3; ++y)
      for (std::int64_t x = 0; x < 2; ++x)
        for (std::int64_t o = 0; o < 5; ++o) {
          double sum = 0;
          for (std::int64_t k = 0; k < 3; ++k)
            for (std::int64_t i = 0; i < 4; ++i)
              if (t + k - 1 >= 0 && t + k - 1 < 7)
                sum += weight.at({o, i, k, 0}) * input.at({t + k - 1, y, x, i});
          EXPECT_NEAR(output.at({t, y, x, o}), sum, 1e-5);
        }
}

TEST(Conv, AddsBeforeOrAfterTheActivation) {
  const Tensor input = reference::random({1, 4, 4, 8}, 6);
  const Tensor weight = reference::random({8, 8, 1, 1}, 7);
  const Tensor bias = reference::random({8}, 8);
  const Tensor before = reference::random({1, 4, 4, 8}, 9);
  const Tensor plain = Conv(weight, bias)(input);
  Tensor relu_then_add = before.clone();
  Conv(weight, bias, {.activation = Activation::kRelu, .accumulate = Accumulate::kActivateThenAdd})(
      input, relu_then_add);
  Tensor add_then_relu = before.clone();
  Conv(weight, bias, {.activation = Activation::kRelu, .accumulate = Accumulate::kAddThenActivate})(
      input, add_then_relu);
  for (std::int64_t i = 0; i < plain.size(); ++i) {
    const float y = plain.data()[i];
    const float old = before.data()[i];
    EXPECT_NEAR(relu_then_add.data()[i], old + std::max(y, 0.0F), 1e-5);
    EXPECT_NEAR(add_then_relu.data()[i], std::max(old + y, 0.0F), 1e-5);
  }
}

TEST(Conv, EmptyBatchGivesEmptyResult) {
  const Conv conv(reference::random({4, 2, 3, 3}, 1), {});
  EXPECT_EQ(conv(Tensor({0, 5, 5, 2})).shape(), (Shape{0, 3, 3, 4}));
}

TEST(Conv, RefusesWrongShapes) {
  const Conv conv(reference::random({4, 2, 3, 3}, 1), {});
  EXPECT_THROW(conv(Tensor::zeros({1, 5, 5, 3})), Error);
  EXPECT_THROW(Conv(Tensor::zeros({4, 2, 3}), {}), Error);
  EXPECT_THROW(Conv(Tensor::zeros({4, 2, 3, 3}), Tensor::zeros({5})), Error);
}

TEST(BatchNorm, FoldingEqualsNormalisingAfterwards) {
  const Tensor input = reference::random({1, 4, 4, 3}, 10);
  const Tensor weight = reference::random({6, 3, 3, 3}, 11);
  const Tensor bias = reference::random({6}, 12);
  Tensor variance = reference::random({6}, 13);
  for (float& v : variance.values()) v = std::abs(v) + 0.1F;
  const BatchNorm norm{reference::random({6}, 14), reference::random({6}, 15),
                       reference::random({6}, 16), variance, 1e-3F};
  const Tensor plain = Conv(weight, bias)(input);
  const FoldedWeights folded = fold(weight, bias, norm);
  const Tensor fused = Conv(folded.weight, folded.bias)(input);
  for (std::int64_t i = 0; i < plain.size(); ++i) {
    const auto o = i % 6;
    const double expected = (plain.data()[i] - norm.mean.at({o})) /
                                std::sqrt(variance.at({o}) + 1e-3) * norm.weight.at({o}) +
                            norm.bias.at({o});
    EXPECT_NEAR(fused.data()[i], expected, 1e-4);
  }
}

TEST(Pool, PaddingNeverWinsTheMaximum) {
  const Tensor input = Tensor::filled({2, 5, 5, 16}, -3.0F);
  const Tensor output = Pool::max({{3, 3}, {2, 2}, {1, 1}})(input);
  ASSERT_EQ(output.shape(), (Shape{2, 3, 3, 16}));
  for (const float value : output.values()) EXPECT_EQ(value, -3.0F);
}

TEST(Pool, MaximumOverTimeOnlyFollowsTheDefinition) {
  const Tensor input = reference::random({1, 13, 10, 8}, 17);
  const Tensor output = Pool::max({{1, 3}, {1, 2}, {0, 1}})(input);
  ASSERT_EQ(output.shape(), (Shape{1, 13, 5, 8}));
  for (std::int64_t f = 0; f < 13; ++f)
    for (std::int64_t i = 0; i < 5; ++i)
      for (std::int64_t c = 0; c < 8; ++c) {
        float greatest = -2;
        for (std::int64_t t = std::max<std::int64_t>(2 * i - 1, 0); t <= 2 * i + 1; ++t)
          greatest = std::max(greatest, input.at({0, f, t, c}));
        EXPECT_EQ(output.at({0, f, i, c}), greatest);
      }
}

TEST(Pool, AverageLeavesPaddingOut) {
  const Tensor input = Tensor::filled({1, 3, 3, 4}, 2.0F);
  const Tensor padded = Pool::average({{3, 3}, {1, 1}, {1, 1}})(input);
  for (const float value : padded.values()) EXPECT_FLOAT_EQ(value, 2.0F);
}

}  // namespace
}  // namespace attune::tensor
