#pragma once

// Plain double-precision loops, written from the definitions: the second implementation that the
// tensor floor is held against.

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tensor/conv.h"
#include "tensor/recurrent.h"
#include "tensor/tensor.h"

namespace attune::tensor::reference {

inline Tensor random(Shape shape, unsigned seed, float spread = 1.0F) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> uniform(-spread, spread);
  Tensor result(std::move(shape));
  for (float& value : result.values()) value = uniform(generator);
  return result;
}

inline double sigmoid(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}

inline double activate(Activation activation, double x) {
  switch (activation) {
    case Activation::kRelu:
      return x > 0 ? x : 0;
    case Activation::kSigmoid:
      return sigmoid(x);
    case Activation::kTanh:
      return std::tanh(x);
    case Activation::kGelu:
      return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0)));
    case Activation::kNone:
      break;
  }
  return x;
}

inline Tensor conv(const Tensor& input, const Tensor& weight, const Tensor& bias,
                   const ConvOptions& options, const Shape& output_shape) {
  Tensor output(output_shape);
  const auto per_group_in = weight.dim(1);
  const auto per_group_out = weight.dim(0) / options.groups;
  for (std::int64_t n = 0; n < output.dim(0); ++n)
    for (std::int64_t y = 0; y < output.dim(1); ++y)
      for (std::int64_t x = 0; x < output.dim(2); ++x)
        for (std::int64_t o = 0; o < output.dim(3); ++o) {
          double sum = bias.empty() ? 0.0 : bias.at({o});
          for (std::int64_t i = 0; i < per_group_in; ++i)
            for (std::int64_t r = 0; r < weight.dim(2); ++r)
              for (std::int64_t c = 0; c < weight.dim(3); ++c) {
                const auto row = y * options.stride[0] + r - options.padding[0];
                const auto column = x * options.stride[1] + c - options.padding[1];
                if (row < 0 || row >= input.dim(1) || column < 0 || column >= input.dim(2))
                  continue;
                const auto channel = o / per_group_out * per_group_in + i;
                sum += static_cast<double>(weight.at({o, i, r, c})) *
                       input.at({n, row, column, channel});
              }
          output.at({n, y, x, o}) = static_cast<float>(activate(options.activation, sum));
        }
  return output;
}

/// One step of h' for PyTorch's GRU.
inline std::vector<double> gru_step(const RecurrentWeights& w, const float* x,
                                    const std::vector<double>& h) {
  const auto hidden = static_cast<std::int64_t>(h.size());
  const auto gate = [&](std::int64_t g, std::int64_t k, bool recurrent) {
    const Tensor& weight = recurrent ? w.weight_hh : w.weight_ih;
    double sum = (recurrent ? w.bias_hh : w.bias_ih).at({g * hidden + k});
    for (std::int64_t i = 0; i < weight.dim(1); ++i)
      sum += weight.at({g * hidden + k, i}) *
             (recurrent ? h[static_cast<std::size_t>(i)] : static_cast<double>(x[i]));
    return sum;
  };
  std::vector<double> next(h.size());
  for (std::int64_t k = 0; k < hidden; ++k) {
    const double r = sigmoid(gate(0, k, false) + gate(0, k, true));
    const double z = sigmoid(gate(1, k, false) + gate(1, k, true));
    const double n = std::tanh(gate(2, k, false) + r * gate(2, k, true));
    next[static_cast<std::size_t>(k)] = (1 - z) * n + z * h[static_cast<std::size_t>(k)];
  }
  return next;
}

inline void expect_near(const Tensor& actual, const Tensor& expected, float tolerance) {
  ASSERT_EQ(actual.shape(), expected.shape());
  float worst = 0;
  std::int64_t where = 0;
  for (std::int64_t i = 0; i < actual.size(); ++i) {
    const float error = std::abs(actual.data()[i] - expected.data()[i]);
    if (!(error <= worst)) {
      worst = error;
      where = i;
    }
  }
  EXPECT_LE(worst, tolerance) << "at flat index " << where << " of " << to_string(actual.shape());
}

}  // namespace attune::tensor::reference
