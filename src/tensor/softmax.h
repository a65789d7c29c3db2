#pragma once

#include "tensor/view.h"

namespace attune::tensor {

/// Softmax over the last axis of [.., n], in place; the greatest element is subtracted first, so
/// that any finite input is safe. Kernels are kept by n and by powers of two of the rows: round
/// varying n up and mask with a large negative number. Thread-safe.
void softmax(Tensor& tensor);

/// The same on rows that lie `stride` elements apart: `rows` rows of n elements.
void softmax(float* data, std::int64_t rows, std::int64_t n, std::int64_t stride);

}  // namespace attune::tensor
