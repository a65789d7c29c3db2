#pragma once

namespace attune::tensor {

/// Numbers that a matrix product with constant weights is done in. Sums, results, biases and
/// activations are float32 whatever is chosen.
enum class Precision {
  kFloat32,
  /// Weights and inputs rounded to bfloat16.
  kBFloat16,
  /// Weights are 8-bit integers with one scale for each output; inputs are quantised as they come,
  /// with one scale for each row. Both symmetric.
  kInt8,
};

}  // namespace attune::tensor
