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

/// PyTorch's names: `<prefix>.weight_ih<suffix>` and so on.
tensor::RecurrentWeights recurrent(const WeightFile& file, const std::string& prefix,
                                   const std::string& suffix, std::int64_t gates,
                                   std::int64_t inputs, std::int64_t hidden);

}  // namespace attune::models
