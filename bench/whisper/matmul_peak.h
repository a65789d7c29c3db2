#pragma once

#include <cstdint>

#include "tensor/precision.h"

namespace attune::bench {

/// Multiply-adds count twice. The best that oneDNN's matrix product does here, now, at the shapes
/// of an encoder of this width: rows x width x 4 width and rows x 4 width x width with packed
/// weights, 125 to 1,500 rows; on `threads` threads at once, each with a product of its own.
double matmul_peak_gflops(std::int64_t width, tensor::Precision precision, int threads);

}  // namespace attune::bench
