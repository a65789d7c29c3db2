#include "tensor/matmul.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "reference.h"
#include "tensor/elementwise.h"
#include "tensor/layer_norm.h"
#include "tensor/linear.h"
#include "tensor/softmax.h"

namespace attune::tensor {
namespace {

Tensor naive_product(const Tensor& a, const Tensor& b) {  // [B, M, K] x [B, K, N]
  Tensor result({a.dim(0), a.dim(1), b.dim(2)});
  for (std::int64_t n = 0; n < a.dim(0); ++n)
    for (std::int64_t i = 0; i < a.dim(1); ++i)
      for (std::int64_t j = 0; j < b.dim(2); ++j) {
        double sum = 0;
        for (std::int64_t k = 0; k < a.dim(2); ++k)
          sum += static_cast<double>(a.at({n, i, k})) * b.at({n, k, j});
        result.at({n, i, j}) = static_cast<float>(sum);
      }
  return result;
}

TEST(Matmul, BatchesOfMatrices) {
  const Tensor a = reference::random({4, 33, 17}, 1);
  const Tensor b = reference::random({4, 17, 29}, 2);
  reference::expect_near(Matmul()(a, b), naive_product(a, b), 1e-5F);
}

TEST(Matmul, TransposedOperandNeedsNoCopy) {
  const Tensor a = reference::random({2, 20, 32}, 3);
  const Tensor keys = reference::random({2, 50, 32}, 4);
  reference::expect_near(Matmul()(a, ConstView(keys).transposed()),
                         naive_product(a, permuted(keys, {0, 2, 1})), 1e-5F);
}

TEST(Matmul, InterleavedHeadsAreViews) {
  // tokens [L, heads * width] seen as [heads, L, width]
  const Tensor q = reference::random({12, 4 * 8}, 5);
  const Tensor k = reference::random({15, 4 * 8}, 6);
  const ConstView queries(q.data(), {4, 12, 8}, {8, 32, 1});
  const ConstView keys(k.data(), {4, 15, 8}, {8, 32, 1});
  const Tensor scores = Matmul()(queries, keys.transposed());
  const Tensor expected = naive_product(permuted(q.reshaped({12, 4, 8}), {1, 0, 2}),
                                        permuted(k.reshaped({15, 4, 8}), {1, 2, 0}));
  reference::expect_near(scores, expected, 1e-5F);
}

TEST(Matmul, ScalesTheProductAndAddsToWhatIsThere) {
  const Tensor a = reference::random({1, 5, 6}, 7);
  const Tensor b = reference::random({1, 6, 7}, 8);
  const Tensor before = reference::random({1, 5, 7}, 9);
  Tensor out = before.clone();
  Matmul({.scale = 0.25F, .accumulate = Accumulate::kActivateThenAdd})(a, b, out);
  const Tensor product = naive_product(a, b);
  for (std::int64_t i = 0; i < out.size(); ++i)
    EXPECT_NEAR(out.data()[i], before.data()[i] + 0.25F * product.data()[i], 1e-5);
}

TEST(Matmul, RefusesShapesThatDoNotFit) {
  EXPECT_THROW(Matmul()(Tensor::zeros({2, 3}), Tensor::zeros({4, 2})), Error);
  EXPECT_THROW(Matmul()(Tensor::zeros({1, 2, 3}), Tensor::zeros({2, 3, 2})), Error);
}

TEST(Linear, IsWeightTransposedPlusBias) {
  const Tensor input = reference::random({3, 111, 20}, 10);
  const Tensor weight = reference::random({30, 20}, 11);
  const Tensor bias = reference::random({30}, 12);
  const Tensor output = Linear(weight, bias, Activation::kRelu)(input);
  ASSERT_EQ(output.shape(), (Shape{3, 111, 30}));
  const Tensor product =
      naive_product(input.reshaped({1, 333, 20}), permuted(weight, {1, 0}).reshaped({1, 20, 30}));
  for (std::int64_t i = 0; i < output.size(); ++i)
    EXPECT_NEAR(output.data()[i], std::max(product.data()[i] + bias.at({i % 30}), 0.0F), 1e-5);
  EXPECT_EQ(Linear(weight, bias)(Tensor({0, 20})).shape(), (Shape{0, 30}));
}

TEST(Softmax, SumsToOneAndKeepsRatios) {
  const Tensor logits = reference::random({2, 300, 63}, 13, 8.0F);
  Tensor p = logits.clone();
  softmax(p);
  for (std::int64_t row = 0; row < 600; ++row) {
    const float* x = logits.data() + row * 63;
    double total = 0;
    for (int i = 0; i < 63; ++i) total += std::exp(static_cast<double>(x[i]));
    for (int i = 0; i < 63; ++i)
      EXPECT_NEAR(p.data()[row * 63 + i], std::exp(static_cast<double>(x[i])) / total, 1e-6);
  }
}

TEST(Softmax, SurvivesLargeAndMaskedScores) {
  Tensor p({1, 4}, std::vector<float>{1000.0F, -1e9F, 1000.0F, -1e9F});
  softmax(p);
  EXPECT_FLOAT_EQ(p.at({0, 0}), 0.5F);
  EXPECT_EQ(p.at({0, 1}), 0.0F);
}

TEST(Softmax, StridedRowsLeaveTheRestAlone) {
  Tensor p({3, 5}, std::vector<float>{1, 1, 7, 7, 7, 2, 2, 7, 7, 7, 3, 3, 7, 7, 7});
  softmax(p.data(), 3, 2, 5);
  for (std::int64_t row = 0; row < 3; ++row) {
    EXPECT_FLOAT_EQ(p.at({row, 0}), 0.5F);
    EXPECT_FLOAT_EQ(p.at({row, 1}), 0.5F);
    for (std::int64_t i = 2; i < 5; ++i) EXPECT_EQ(p.at({row, i}), 7.0F);
  }
}

TEST(LayerNorm, NormalisesTheLastAxis) {
  const Tensor input = reference::random({2, 5, 24}, 14, 3.0F);
  const Tensor weight = reference::random({24}, 15);
  const Tensor bias = reference::random({24}, 16);
  const Tensor output = LayerNorm(weight, bias, 1e-5F)(input);
  for (std::int64_t row = 0; row < 10; ++row) {
    const float* x = input.data() + row * 24;
    double mean = 0;
    double variance = 0;
    for (int i = 0; i < 24; ++i) mean += x[i] / 24.0;
    for (int i = 0; i < 24; ++i) variance += (x[i] - mean) * (x[i] - mean) / 24.0;
    for (std::int64_t i = 0; i < 24; ++i)
      EXPECT_NEAR(output.data()[row * 24 + i],
                  (x[i] - mean) / std::sqrt(variance + 1e-5) * weight.at({i}) + bias.at({i}), 1e-5);
  }
}

TEST(Activation, FollowsTheDefinitionForAnyLength) {
  for (const auto activation : {Activation::kNone, Activation::kRelu, Activation::kSigmoid,
                                Activation::kTanh, Activation::kGelu}) {
    const Tensor input = reference::random({1, 1037}, 17, 5.0F);
    Tensor output = input.clone();
    activate(activation, output);
    for (std::int64_t i = 0; i < input.size(); ++i)
      EXPECT_NEAR(output.data()[i], reference::activate(activation, input.data()[i]), 2e-6)
          << "activation " << static_cast<int>(activation) << " of " << input.data()[i];
  }
}

}  // namespace
}  // namespace attune::tensor
