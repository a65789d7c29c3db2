#include "models/mouth_crop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace attune::models {

namespace {

// Smaller faces than this carry no visible mouth; the crop is then mostly its surroundings.
constexpr double kMinimumSidePixels = 8;
constexpr double kMinimumEyeDistance = 1e-3;

PicturePoint middle(const PicturePoint& a, const PicturePoint& b) {
  return {(a.x + b.x) / 2, (a.y + b.y) / 2};
}

double distance(const PicturePoint& a, const PicturePoint& b) {
  return std::hypot(a.x - b.x, a.y - b.y);
}

PicturePoint mix(const PicturePoint& a, const PicturePoint& b, double share_of_b) {
  return {a.x + share_of_b * (b.x - a.x), a.y + share_of_b * (b.y - a.y)};
}

// (x, y) lies inside the picture.
float bilinear(const GrayPicture& picture, double x, double y) {
  const int x0 = std::min(static_cast<int>(x), std::max(picture.width - 2, 0));
  const int y0 = std::min(static_cast<int>(y), std::max(picture.height - 2, 0));
  const int right = x0 + 1 < picture.width ? 1 : 0;
  const std::uint8_t* top = picture.pixels + y0 * picture.stride + x0;
  const std::uint8_t* bottom = top + (y0 + 1 < picture.height ? picture.stride : 0);
  const float fx = static_cast<float>(x - x0);
  const float fy = static_cast<float>(y - y0);
  const float upper = top[0] + fx * (top[right] - top[0]);
  const float lower = bottom[0] + fx * (bottom[right] - bottom[0]);
  return upper + fy * (lower - upper);
}

}  // namespace

std::vector<FaceLandmarks> interpolate_landmarks(std::span<const Timestamp> times,
                                                 std::span<const FaceLandmarks> detected,
                                                 TokenIndex first, int count) {
  if (times.empty() || times.size() != detected.size()) {
    throw Error(ErrorKind::kUsage,
                fmt::format("{} landmark times for {} detections", times.size(), detected.size()));
  }
  std::vector<FaceLandmarks> track(std::max(count, 0));
  for (std::size_t i = 0; i < track.size(); ++i) {
    const Timestamp t = token_time(first + static_cast<TokenIndex>(i));
    const std::size_t next = std::ranges::upper_bound(times, t) - times.begin();
    if (next == 0 || next == times.size()) {
      track[i] = next == 0 ? detected.front() : detected.back();
      continue;
    }
    const double share =
        to_seconds(t - times[next - 1]) / to_seconds(times[next] - times[next - 1]);
    for (std::size_t p = 0; p < track[i].size(); ++p) {
      track[i][p] = mix(detected[next - 1][p], detected[next][p], share);
    }
  }
  return track;
}

FaceLandmarks smooth_landmarks(std::span<const FaceLandmarks> track, std::size_t index,
                               const MouthCropGeometry& geometry) {
  const auto radius = static_cast<std::size_t>(geometry.landmark_radius_ticks);
  const std::size_t begin = index - std::min(index, radius);
  const std::size_t end = std::min(track.size(), index + radius + 1);
  FaceLandmarks sum{};
  double total = 0;
  for (std::size_t i = begin; i < end; ++i) {
    const double z =
        (static_cast<double>(i) - static_cast<double>(index)) / geometry.landmark_sigma_ticks;
    const double weight = std::exp(-0.5 * z * z);
    total += weight;
    for (std::size_t p = 0; p < sum.size(); ++p) {
      sum[p].x += weight * track[i][p].x;
      sum[p].y += weight * track[i][p].y;
    }
  }
  for (PicturePoint& point : sum) point = {point.x / total, point.y / total};
  return sum;
}

MouthCropPlacement place_mouth_crop(const FaceLandmarks& landmarks,
                                    const MouthCropGeometry& geometry) {
  const auto& [right_eye, left_eye, nose, right_corner, left_corner] = landmarks;
  const PicturePoint eyes = middle(right_eye, left_eye);
  const PicturePoint mouth = middle(right_corner, left_corner);
  const double between = std::max(distance(right_eye, left_eye), kMinimumEyeDistance);
  const double side = geometry.factor * std::max(distance(eyes, mouth), between);
  return {.center = mouth,
          .side = std::max(side, kMinimumSidePixels),
          .along = {(left_eye.x - right_eye.x) / between, (left_eye.y - right_eye.y) / between}};
}

void sample_mouth_crop(const GrayPicture& picture, const MouthCropPlacement& placement,
                       const MouthCropGeometry& geometry, std::span<float> crop) {
  if (picture.width <= 0 || picture.height <= 0 || crop.size() != geometry.pixels()) {
    throw Error(
        ErrorKind::kUsage,
        fmt::format("mouth crop of {}x{} into {} values from a picture of {}x{}", geometry.side,
                    geometry.side, crop.size(), picture.width, picture.height));
  }
  const double pixel = placement.side / geometry.side;
  const int samples = std::clamp(static_cast<int>(std::ceil(pixel)), 1, geometry.max_supersampling);
  const auto position = [&](int i) { return ((i + 0.5) / samples - geometry.side / 2.0) * pixel; };
  const PicturePoint along = placement.along;
  const float share = 1.0F / static_cast<float>(samples * samples);
  std::ranges::fill(crop, 0.0F);
  for (int row = 0; row < geometry.side * samples; ++row) {
    const double b = position(row);
    float* out = crop.data() + static_cast<std::size_t>(row / samples) * geometry.side;
    for (int column = 0; column < geometry.side; ++column) {
      float sum = 0;
      for (int i = 0; i < samples; ++i) {
        const double a = position(column * samples + i);
        const double x = placement.center.x + a * along.x - b * along.y;
        const double y = placement.center.y + a * along.y + b * along.x;
        sum += bilinear(picture, std::clamp(x, 0.0, picture.width - 1.0),
                        std::clamp(y, 0.0, picture.height - 1.0));
      }
      out[column] += share * sum;
    }
  }
}

void sample_mouth_crop(const GrayPicture& picture, const MouthCropPlacement& placement,
                       const MouthCropGeometry& geometry, std::span<std::uint8_t> crop) {
  std::vector<float> levels(crop.size());
  sample_mouth_crop(picture, placement, geometry, levels);
  std::ranges::transform(levels, crop.begin(), [](float level) {
    return static_cast<std::uint8_t>(std::clamp(std::lrint(level), 0L, 255L));
  });
}

}  // namespace attune::models
