#include "models/align_face_encoder.h"

#include <algorithm>
#include <cmath>

#include "models/align_layers.h"

namespace attune::models {

namespace {

// The stem cuts the crop into patches that do not overlap: a matrix product over the patches.
constexpr int kPatch = 4;

tensor::Linear stem(const WeightFile& file, int stack) {
  const std::int64_t inputs = static_cast<std::int64_t>(stack) * kPatch * kPatch;
  const std::int64_t outputs = channels(file, "face.stem");
  return tensor::Linear(
      file.tensor("face.stem.weight", {outputs, stack, kPatch, kPatch}).reshaped({outputs, inputs}),
      file.tensor("face.stem.bias"), tensor::Activation::kRelu);
}

std::vector<tensor::Conv> picture_layers(const WeightFile& file) {
  constexpr struct {
    const char* name;
    int kernel;
    int stride;
  } kLayers[] = {{"face.conv1", 3, 1}, {"face.conv2", 2, 2}, {"face.conv3", 3, 1}};
  std::int64_t inputs = channels(file, "face.stem");
  std::vector<tensor::Conv> layers;
  for (const auto& layer : kLayers) {
    const std::int64_t outputs = channels(file, layer.name);
    layers.push_back(picture_conv(file, layer.name, {inputs, outputs, layer.kernel, layer.stride}));
    inputs = outputs;
  }
  return layers;
}

// Pictures are channels-last here; the file flattens channel, row, column.
tensor::Linear project(const WeightFile& file, std::int64_t side, std::int64_t width) {
  const std::int64_t depth = channels(file, "face.conv3");
  const std::int64_t inputs = depth * side * side;
  const tensor::Tensor weight = file.tensor("face.project.weight", {width, inputs, 1});
  return tensor::Linear(tensor::permuted(weight.reshaped({width, depth, side, side}), {0, 2, 3, 1})
                            .reshaped({width, inputs}),
                        file.tensor("face.project.bias", {width}), tensor::Activation::kRelu);
}

// Side of the last picture layer's output.
std::int64_t last_side(const WeightFile& file, const AlignGeometry& geometry) {
  const bool fits =
      geometry.crop.side % kPatch == 0 && geometry.crop.side >= 32 &&
      geometry.face_context == geometry.crop_stack / 2 + AlignFaceEncoder::kStackContext &&
      geometry.crop_stack % 2 == 1;
  if (!fits) file.fail("its crop_side, crop_stack and face_context do not fit the face encoder");
  return (geometry.crop.side / kPatch - 2) / 2 - 2;
}

}  // namespace

AlignFaceEncoder::AlignFaceEncoder(const WeightFile& file, const AlignGeometry& geometry)
    : side_(geometry.crop.side),
      stack_(geometry.crop_stack),
      width_(geometry.width),
      std_offset_(static_cast<float>(geometry.crop_std_offset)),
      stem_(stem(file, geometry.crop_stack)),
      picture_layers_(picture_layers(file)),
      project_(project(file, last_side(file, geometry), geometry.width)) {
  time_layers_ = {time_conv(file, "face.time1", {width_, width_, 3, 1}, tensor::Activation::kRelu),
                  time_conv(file, "face.time2", {width_, width_, 3, 1}, tensor::Activation::kNone)};
}

std::vector<float> AlignFaceEncoder::standardised(std::span<const std::uint8_t> crop) const {
  double sum = 0;
  double squares = 0;
  for (const std::uint8_t level : crop) {
    sum += level;
    squares += static_cast<double>(level) * level;
  }
  const auto count = static_cast<double>(crop.size());
  const double mean = sum / count;
  const double deviation = std::sqrt(std::max(squares / count - mean * mean, 0.0));
  const auto gain = static_cast<float>(1 / (deviation + std_offset_));
  std::vector<float> values(crop.size());
  std::ranges::transform(crop, values.begin(), [&](std::uint8_t level) {
    return (static_cast<float>(level) - static_cast<float>(mean)) * gain;
  });
  return values;
}

tensor::Tensor AlignFaceEncoder::picture(std::span<const std::span<const float>> crops,
                                         int stacks) const {
  const int patches = side_ / kPatch;
  tensor::Tensor x({stacks, patches, patches, static_cast<std::int64_t>(stack_) * kPatch * kPatch});
  float* out = x.data();
  for (int s = 0; s < stacks; ++s) {
    for (int row = 0; row < side_; row += kPatch) {
      for (int column = 0; column < side_; column += kPatch) {
        for (int c = 0; c < stack_; ++c) {
          const float* corner = crops[s + c].data() + row * side_ + column;
          for (int y = 0; y < kPatch; ++y) out = std::copy_n(corner + y * side_, kPatch, out);
        }
      }
    }
  }
  x = stem_(x);
  for (const tensor::Conv& layer : picture_layers_) x = layer(x);
  return project_(x.reshaped({stacks, -1}));
}

tensor::Tensor AlignFaceEncoder::over_time(const tensor::Tensor& stacks) const {
  tensor::Tensor x = stacks.reshaped({1, 1, stacks.dim(0), width_});
  for (const tensor::Conv& layer : time_layers_) x = layer(x);
  return x.reshaped({-1, width_});
}

}  // namespace attune::models
