#include "tensor/recurrent.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "reference.h"

namespace attune::tensor {
namespace {

RecurrentWeights random_weights(std::int64_t gates, std::int64_t inputs, std::int64_t hidden) {
  return {reference::random({gates * hidden, inputs}, 1, 0.4F),
          reference::random({gates * hidden, hidden}, 2, 0.4F),
          reference::random({gates * hidden}, 3, 0.4F),
          reference::random({gates * hidden}, 4, 0.4F)};
}

Tensor naive_gru(const RecurrentWeights& w, const Tensor& input, bool backward) {
  const auto hidden = w.weight_hh.dim(1);
  Tensor output({input.dim(0), hidden});
  std::vector<double> state(static_cast<std::size_t>(hidden), 0.0);
  for (std::int64_t step = 0; step < input.dim(0); ++step) {
    const auto t = backward ? input.dim(0) - 1 - step : step;
    state = reference::gru_step(w, input.data() + t * input.dim(1), state);
    std::copy(state.begin(), state.end(), output.data() + t * hidden);
  }
  return output;
}

TEST(Gru, ForwardAgreesWithTheDefinition) {
  const auto w = random_weights(3, 20, 12);
  const Tensor input = reference::random({101, 20}, 5);
  reference::expect_near(Gru(w, Direction::kForward)(input), naive_gru(w, input, false), 1e-5F);
}

TEST(Gru, BackwardRunsFromTheEnd) {
  const auto w = random_weights(3, 20, 12);
  const Tensor input = reference::random({101, 20}, 6);
  reference::expect_near(Gru(w, Direction::kBackward)(input), naive_gru(w, input, true), 1e-5F);
}

TEST(Gru, StateCarriesAcrossParts) {
  const auto w = random_weights(3, 8, 16);
  const Tensor input = reference::random({50, 8}, 7);
  const Gru gru(w, Direction::kForward);
  const Tensor whole = gru(input);
  Tensor state = Tensor::zeros({16});
  reference::expect_near(gru(input.rows(0, 13), state), whole.rows(0, 13), 1e-6F);
  reference::expect_near(gru(input.rows(13, 50), state), whole.rows(13, 50), 1e-6F);
  reference::expect_near(state, whole.rows(49, 50).reshaped({16}), 1e-6F);
}

TEST(Gru, EmptySequenceGivesNothing) {
  EXPECT_EQ(Gru(random_weights(3, 8, 16), Direction::kForward)(Tensor({0, 8})).shape(),
            (Shape{0, 16}));
}

TEST(Gru, RefusesWeightsThatDoNotFit) {
  auto w = random_weights(3, 8, 16);
  w.bias_hh = Tensor::zeros({47});
  EXPECT_THROW(Gru(w, Direction::kForward), Error);
}

TEST(Lstm, AgreesWithTheDefinition) {
  const std::int64_t hidden = 10;
  const auto w = random_weights(4, 7, hidden);
  const Tensor input = reference::random({70, 7}, 8);
  const Lstm lstm(w);
  Lstm::State state = lstm.initial_state();
  const Tensor output = lstm(input, state);
  std::vector<double> h(hidden, 0.0);
  std::vector<double> c(hidden, 0.0);
  for (std::int64_t t = 0; t < 70; ++t) {
    std::vector<double> next(hidden);
    for (std::int64_t k = 0; k < hidden; ++k) {
      double gate[4];
      for (std::int64_t g = 0; g < 4; ++g) {
        gate[g] = w.bias_ih.at({g * hidden + k}) + w.bias_hh.at({g * hidden + k});
        for (std::int64_t i = 0; i < 7; ++i)
          gate[g] += w.weight_ih.at({g * hidden + k, i}) * input.at({t, i});
        for (std::int64_t i = 0; i < hidden; ++i)
          gate[g] += w.weight_hh.at({g * hidden + k, i}) * h[static_cast<std::size_t>(i)];
      }
      auto& cell = c[static_cast<std::size_t>(k)];
      cell = reference::sigmoid(gate[1]) * cell + reference::sigmoid(gate[0]) * std::tanh(gate[2]);
      next[static_cast<std::size_t>(k)] = reference::sigmoid(gate[3]) * std::tanh(cell);
    }
    h = next;
    for (std::int64_t k = 0; k < hidden; ++k)
      EXPECT_NEAR(output.at({t, k}), h[static_cast<std::size_t>(k)], 1e-5);
  }
  for (std::int64_t k = 0; k < hidden; ++k) {
    EXPECT_NEAR(state.hidden.at({k}), h[static_cast<std::size_t>(k)], 1e-5);
    EXPECT_NEAR(state.cell.at({k}), c[static_cast<std::size_t>(k)], 1e-5);
  }
}

}  // namespace
}  // namespace attune::tensor
