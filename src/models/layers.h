#pragma once

#include <string>

#include "models/weights.h"
#include "tensor/batch_norm.h"
#include "tensor/recurrent.h"

namespace attune::models {

/// `<prefix>.weight .bias .running_mean .running_var`, each [channels].
tensor::BatchNorm batch_norm(const WeightFile& file, const std::string& prefix,
                             std::int64_t channels, float epsilon);

/// A convolution `<conv>.weight` of this shape without bias, and the normalisation after it.
tensor::FoldedWeights normalised_conv(const WeightFile& file, const std::string& conv,
                                      const std::string& norm, const tensor::Shape& shape,
                                      float epsilon);

/// The kernel as [outputs, inputs, rows, columns]: files have three axes (time, rows, columns) for
/// pictures and two (coefficients, time) for sound, all but the convolved ones of extent 1.
tensor::FoldedWeights two_axes(tensor::FoldedWeights weights, std::int64_t rows,
                               std::int64_t columns);

/// PyTorch's names: `<prefix>.weight_ih<suffix>` and so on.
tensor::RecurrentWeights recurrent(const WeightFile& file, const std::string& prefix,
                                   const std::string& suffix, std::int64_t gates,
                                   std::int64_t inputs, std::int64_t hidden);

}  // namespace attune::models
