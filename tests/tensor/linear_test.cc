#include "tensor/linear.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "reference.h"
#include "tensor/processor.h"

namespace attune::tensor {
namespace {

constexpr std::int64_t kInputs = 96;
constexpr std::int64_t kOutputs = 70;

Tensor as_bfloat16(const Tensor& tensor) {
  Tensor result = tensor.clone();
  for (float& value : result.values()) value = BFloat16::round(value).value();
  return result;
}

/// Each row to 255 steps between minus and plus its greatest magnitude.
Tensor as_integers(const Tensor& tensor) {
  Tensor result = tensor.clone();
  const auto width = tensor.dim(-1);
  for (std::int64_t row = 0; row < tensor.dim(0); ++row) {
    float* values = result.data() + row * width;
    float greatest = 0;
    for (std::int64_t i = 0; i < width; ++i) greatest = std::max(greatest, std::abs(values[i]));
    for (std::int64_t i = 0; i < width; ++i)
      values[i] = std::nearbyint(values[i] * (127 / greatest)) * (greatest / 127);
  }
  return result;
}

Tensor rounded(const Tensor& tensor, Precision precision) {
  if (precision == Precision::kBFloat16) return as_bfloat16(tensor);
  if (precision == Precision::kInt8) return as_integers(tensor);
  return tensor;
}

/// activation(x W^T + b) in double.
Tensor product(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation) {
  Tensor result({x.dim(0), weight.dim(0)});
  for (std::int64_t i = 0; i < x.dim(0); ++i)
    for (std::int64_t n = 0; n < weight.dim(0); ++n) {
      double sum = bias.at({n});
      for (std::int64_t k = 0; k < x.dim(1); ++k)
        sum += static_cast<double>(x.at({i, k})) * weight.at({n, k});
      result.at({i, n}) = static_cast<float>(reference::activate(activation, sum));
    }
  return result;
}

class LinearPrecision : public testing::TestWithParam<Precision> {
 protected:
  void SetUp() override {
    if (GetParam() == Precision::kBFloat16 && !has_bfloat16())
      GTEST_SKIP() << "this processor does not multiply bfloat16";
  }

  Tensor weight_ = reference::random({kOutputs, kInputs}, 1, 0.2F);
  Tensor bias_ = reference::random({kOutputs}, 2);
};

TEST_P(LinearPrecision, IsTheProductOfTheRoundedNumbers) {
  const Linear linear(weight_, bias_,
                      LinearOptions{.activation = Activation::kGelu, .precision = GetParam()});
  for (const std::int64_t rows : {1, 2, 5, 7, 8, 9, 77, 300}) {
    const Tensor x = reference::random({rows, kInputs}, static_cast<unsigned>(10 + rows));
    const Tensor expected =
        product(rounded(x, GetParam()), rounded(weight_, GetParam()), bias_, Activation::kGelu);
    const Tensor y = linear(x);
    for (std::int64_t i = 0; i < y.size(); ++i)
      ASSERT_NEAR(y.data()[i], expected.data()[i], 1e-4) << rows << " rows, element " << i;
  }
}

TEST_P(LinearPrecision, ARowDependsOnItselfAlone) {
  const Linear linear(weight_, bias_, LinearOptions{.precision = GetParam()});
  const Tensor x = reference::random({133, kInputs}, 3);
  const Tensor all = linear(x);
  for (const std::int64_t row : {0, 64, 127, 131, 132}) {
    const Tensor alone = linear(x.rows(row, row + 1));
    for (std::int64_t n = 0; n < kOutputs; ++n)
      ASSERT_EQ(alone.at({0, n}), all.at({row, n})) << row;
  }
}

TEST_P(LinearPrecision, AddsToStridedRowsAndLeavesTheRestAlone) {
  const Linear linear(
      weight_, bias_,
      LinearOptions{.accumulate = Accumulate::kActivateThenAdd, .precision = GetParam()});
  const Tensor x = reference::random({6, kInputs}, 4);
  const Tensor expected =
      product(rounded(x, GetParam()), rounded(weight_, GetParam()), bias_, Activation::kNone);
  Tensor wide = Tensor::filled({6, 2 * kOutputs}, 3);
  linear(x, View(wide.data() + kOutputs, {6, kOutputs}, {2 * kOutputs, 1}));
  for (std::int64_t i = 0; i < 6; ++i)
    for (std::int64_t n = 0; n < kOutputs; ++n) {
      EXPECT_EQ(wide.at({i, n}), 3);
      EXPECT_NEAR(wide.at({i, kOutputs + n}), 3 + expected.at({i, n}), 1e-4);
    }
}

TEST_P(LinearPrecision, WritesBFloat16) {
  if (GetParam() == Precision::kFloat32 || !has_bfloat16()) GTEST_SKIP() << "not offered";
  const Linear linear(weight_, bias_, LinearOptions{.precision = GetParam()});
  const Tensor x = reference::random({20, kInputs}, 5);
  const Tensor expected = linear(x);
  std::vector<BFloat16> y(20 * kOutputs);
  linear(x, BasicView<BFloat16>(y.data(), {20, kOutputs}));
  for (std::size_t i = 0; i < y.size(); ++i)
    ASSERT_NEAR(y[i].value(), expected.data()[i], std::abs(expected.data()[i]) / 256 + 1e-6);
}

TEST_P(LinearPrecision, ActivatesBeforeItAddsOrRounds) {
  LinearOptions options{.activation = Activation::kGelu, .precision = GetParam()};
  const Tensor x = reference::random({20, kInputs}, 7);
  const Tensor activated = Linear(weight_, bias_, options)(x);
  if (GetParam() != Precision::kFloat32 && has_bfloat16()) {
    std::vector<BFloat16> rounded(20 * kOutputs);
    Linear(weight_, bias_, options)(x, BasicView<BFloat16>(rounded.data(), {20, kOutputs}));
    for (std::size_t i = 0; i < rounded.size(); ++i)
      ASSERT_NEAR(rounded[i].value(), activated.data()[i],
                  std::abs(activated.data()[i]) / 256 + 1e-6);
  }
  options.accumulate = Accumulate::kActivateThenAdd;
  Tensor sum = Tensor::filled({20, kOutputs}, 3);
  Linear(weight_, bias_, options)(x, sum);
  for (std::int64_t i = 0; i < sum.size(); ++i)
    ASSERT_NEAR(sum.data()[i], 3 + activated.data()[i], 1e-5);
}

TEST_P(LinearPrecision, ReadsBFloat16) {
  if (GetParam() != Precision::kBFloat16) GTEST_SKIP() << "not offered";
  const Linear linear(weight_, bias_, LinearOptions{.precision = GetParam()});
  const Tensor x = reference::random({20, kInputs}, 6);
  std::vector<BFloat16> rounded_x(x.size());
  std::transform(x.data(), x.data() + x.size(), rounded_x.begin(), BFloat16::round);
  const Tensor expected = linear(x);
  Tensor y({20, kOutputs});
  linear(BasicView<const BFloat16>(rounded_x.data(), {20, kInputs}), y);
  for (std::int64_t i = 0; i < y.size(); ++i) ASSERT_EQ(y.data()[i], expected.data()[i]);
}

TEST_P(LinearPrecision, ZerosGiveTheBias) {
  const Linear linear(weight_, bias_, LinearOptions{.precision = GetParam()});
  const Tensor y = linear(Tensor::zeros({3, kInputs}));
  for (std::int64_t i = 0; i < y.size(); ++i) ASSERT_EQ(y.data()[i], bias_.data()[i % kOutputs]);
}

std::string name_of(const testing::TestParamInfo<Precision>& info) {
  if (info.param == Precision::kFloat32) return "f32";
  return info.param == Precision::kBFloat16 ? "bf16" : "int8";
}

INSTANTIATE_TEST_SUITE_P(All, LinearPrecision,
                         testing::Values(Precision::kFloat32, Precision::kBFloat16,
                                         Precision::kInt8),
                         name_of);

}  // namespace
}  // namespace attune::tensor
