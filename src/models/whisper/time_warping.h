#pragma once

#include <vector>

#include "tensor/tensor.h"

namespace attune::models::whisper {

/// Dynamic time warping: the path from the first row and column to the last ones, in steps to the
/// next row, the next column or both, whose values have the greatest sum. `matrix` [rows, columns],
/// neither empty. Returns the first column of the path in each row.
///
/// Of equally good steps the one to both comes first, then the one to the next row.
std::vector<int> warp(const tensor::Tensor& matrix);

/// Medians of `width` (odd) successive values, mirrored at both ends without repeating the last;
/// rows shorter than that are left as they are. `matrix` [.., columns].
void median_filter(tensor::Tensor& matrix, int width);

}  // namespace attune::models::whisper
