#pragma once

#include <memory>

#include "tensor/tensor.h"

namespace attune::tensor {

/// Weights of one recurrent layer as PyTorch stores them, gates stacked over the rows:
/// weight_ih [G * hidden, inputs], weight_hh [G * hidden, hidden], biases [G * hidden].
struct RecurrentWeights {
  Tensor weight_ih;
  Tensor weight_hh;
  Tensor bias_ih;
  Tensor bias_hh;
};

/// kBackward runs from the last row to the first; its output stays in time order.
enum class Direction { kForward, kBackward };

/// Gated recurrent unit, linear before reset, gates r, z, n:
///   r = s(Wr x + br + Ur h + cr), z = s(Wz x + bz + Uz h + cz),
///   n = tanh(Wn x + bn + r * (Un h + cn)), h' = (1 - z) * n + z * h.
/// Thread-safe; copies share the weights.
class Gru {
 public:
  Gru(const RecurrentWeights& weights, Direction direction);

  /// [T, inputs] -> [T, hidden], from the zero state.
  Tensor operator()(const Tensor& input) const;
  /// The same from `state` [hidden], which is updated: sequences may be given in parts (for
  /// kBackward, the last part first).
  Tensor operator()(const Tensor& input, Tensor& state) const;

  std::int64_t hidden() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Long short-term memory, gates i, f, g, o:
///   c' = s(f) * c + s(i) * tanh(g), h' = s(o) * tanh(c').
/// Thread-safe; copies share the weights.
class Lstm {
 public:
  struct State {
    Tensor hidden;
    Tensor cell;
  };

  explicit Lstm(const RecurrentWeights& weights);

  State initial_state() const;
  /// [T, inputs] -> [T, hidden]; `state` (both [hidden]) is updated.
  Tensor operator()(const Tensor& input, State& state) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace attune::tensor
