#pragma once

#include <cstdint>
#include <string>

#include "models/weights.h"
#include "tensor/conv.h"
#include "tensor/linear.h"

namespace attune::models {

/// What the architecture fixes of a convolution.
struct ConvShape {
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
};

/// How many outputs `layer` has: widths are the file's own affair.
std::int64_t channels(const WeightFile& file, const std::string& layer);

/// Convolution over time from `name`.weight [outputs, inputs, kernel] and `name`.bias, without
/// padding. It runs on sequences [1, 1, length, inputs]. Throws Error(kModel) on other shapes.
tensor::Conv time_conv(const WeightFile& file, const std::string& name, const ConvShape& shape,
                       tensor::Activation activation);

/// Convolution over the picture from `name`.weight [outputs, inputs, kernel, kernel] and
/// `name`.bias, without padding, followed by ReLU. It runs on [N, H, W, inputs].
tensor::Conv picture_conv(const WeightFile& file, const std::string& name, const ConvShape& shape);

/// From `name`.weight [outputs, inputs] and `name`.bias.
tensor::Linear linear(const WeightFile& file, const std::string& name, std::int64_t inputs,
                      std::int64_t outputs);

}  // namespace attune::models
