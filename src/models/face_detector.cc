#include "models/face_detector.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/error.h"

namespace attune::models {
namespace {

constexpr int kGranularity = 32;  // the coarsest stride: every level then covers the picture evenly
constexpr float kDefaultThreshold = 0.5F;

int padded(int extent) {
  return (extent + kGranularity - 1) / kGranularity * kGranularity;
}

tensor::Tensor as_input(const std::uint8_t* bgr, int width, int height, std::ptrdiff_t stride) {
  auto picture = tensor::Tensor::zeros({1, padded(height), padded(width), 3});
  const auto row = picture.dim(2) * 3;
  for (int y = 0; y < height; ++y)
    std::copy_n(bgr + y * stride, width * std::ptrdiff_t{3}, picture.data() + y * row);
  return picture;
}

float sigmoid(float x) {
  return 1.0F / (1.0F + std::exp(-x));
}

// One cell: [class, object, dx, dy, log w, log h, five (x, y)], all but the first two in strides
// from the cell's top left corner.
DetectedFace decode(const float* cell, float column, float row, float stride, float score) {
  const auto x = [&](float offset) { return (offset + column) * stride; };
  const auto y = [&](float offset) { return (offset + row) * stride; };
  const float half_width = std::exp(cell[4]) * stride / 2;
  const float half_height = std::exp(cell[5]) * stride / 2;
  DetectedFace face;
  face.begin = {x(cell[2]) - half_width, y(cell[3]) - half_height};
  face.end = {x(cell[2]) + half_width, y(cell[3]) + half_height};
  for (std::size_t i = 0; i < face.landmarks.size(); ++i)
    face.landmarks[i] = {x(cell[6 + 2 * i]), y(cell[7 + 2 * i])};
  face.score = score;
  return face;
}

void collect(const tensor::Tensor& output, int stride, float threshold,
             std::vector<DetectedFace>& faces) {
  const float* cell = output.data();
  for (std::int64_t row = 0; row < output.dim(1); ++row)
    for (std::int64_t column = 0; column < output.dim(2); ++column, cell += YuNet::kOutputs) {
      const float score = sigmoid(cell[0]) * sigmoid(cell[1]);
      if (score >= threshold)
        faces.push_back(decode(cell, static_cast<float>(column), static_cast<float>(row),
                               static_cast<float>(stride), score));
    }
}

float iou(const DetectedFace& a, const DetectedFace& b) {
  const auto area = [](const DetectedFace& f) {
    return (f.end.x - f.begin.x) * (f.end.y - f.begin.y);
  };
  const float width = std::min(a.end.x, b.end.x) - std::max(a.begin.x, b.begin.x);
  const float height = std::min(a.end.y, b.end.y) - std::max(a.begin.y, b.begin.y);
  if (width <= 0 || height <= 0) return 0;
  const float common = width * height;
  return common / (area(a) + area(b) - common);
}

std::vector<DetectedFace> suppressed(std::vector<DetectedFace> faces, float greatest_iou) {
  std::stable_sort(faces.begin(), faces.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  std::vector<DetectedFace> kept;
  for (const DetectedFace& face : faces)
    if (std::none_of(kept.begin(), kept.end(),
                     [&](const auto& better) { return iou(better, face) > greatest_iou; }))
      kept.push_back(face);
  return kept;
}

float threshold_of(const WeightFile& file) {
  const auto found = file.metadata().find("score_threshold");
  if (found == file.metadata().end()) return kDefaultThreshold;
  char* end = nullptr;
  const float value = std::strtof(found->second.c_str(), &end);
  if (end == found->second.c_str() || !(value > 0 && value < 1))
    file.fail("metadata score_threshold \"" + found->second + "\" is not between 0 and 1");
  return value;
}

}  // namespace

FaceDetector::FaceDetector(const WeightFile& file, FaceDetectorOptions options)
    : network_(file), options_(options) {
  if (options_.score_threshold <= 0) options_.score_threshold = threshold_of(file);
}

std::vector<DetectedFace> FaceDetector::detect(const std::uint8_t* bgr, int width, int height,
                                               std::ptrdiff_t stride) const {
  if (width < 1 || height < 1)
    throw Error(ErrorKind::kInternal, "the face detector was given an empty picture");
  const auto outputs = network_(as_input(bgr, width, height, stride));
  std::vector<DetectedFace> faces;
  for (std::size_t level = 0; level < outputs.size(); ++level)
    collect(outputs[level], YuNet::kStrides[level], options_.score_threshold, faces);
  return suppressed(std::move(faces), options_.nms_iou);
}

}  // namespace attune::models
