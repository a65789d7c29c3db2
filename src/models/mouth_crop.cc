#include "models/mouth_crop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

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

/// Bilinear samples along straight lines through a picture whose edges are repeated outside it.
/// Positions are single precision, so they count from a picture corner near the samples.
class LineSampler {
 public:
  /// No sample lies to the left of or above `corner`, except outside the picture.
  LineSampler(const GrayPicture& picture, PicturePoint corner, int count)
      : origin_x_(static_cast<int>(std::clamp(std::floor(corner.x), 0.0, picture.width - 1.0))),
        origin_y_(static_cast<int>(std::clamp(std::floor(corner.y), 0.0, picture.height - 1.0))),
        last_x_(picture.width - 1 - origin_x_),
        last_y_(picture.height - 1 - origin_y_),
        origin_(picture.pixels + origin_y_ * picture.stride + origin_x_),
        stride_(picture.stride),
        x_(count),
        y_(count) {}

  /// Samples at start, start + step, ...: levels.size() of them, at most `count`.
  void sample(PicturePoint start, PicturePoint step, std::span<float> levels) {
    place(static_cast<float>(start.x - origin_x_), static_cast<float>(step.x), last_x_,
          std::span(x_).first(levels.size()));
    place(static_cast<float>(start.y - origin_y_), static_cast<float>(step.y), last_y_,
          std::span(y_).first(levels.size()));
    for (std::size_t i = 0; i < levels.size(); ++i) {
      const int x = static_cast<int>(x_[i]);
      const int y = static_cast<int>(y_[i]);
      const std::uint8_t* top = origin_ + y * stride_ + x;
      const std::uint8_t* bottom = top + (y < last_y_ ? stride_ : 0);
      const int right = x < last_x_ ? 1 : 0;
      const float fx = x_[i] - static_cast<float>(x);
      const float fy = y_[i] - static_cast<float>(y);
      const auto left = static_cast<float>(top[0]);
      const auto lower_left = static_cast<float>(bottom[0]);
      const float upper = left + fx * (static_cast<float>(top[right]) - left);
      const float lower = lower_left + fx * (static_cast<float>(bottom[right]) - lower_left);
      levels[i] = upper + fy * (lower - upper);
    }
  }

 private:
  static void place(float start, float step, int last, std::span<float> positions) {
    const auto limit = static_cast<float>(last);
    for (std::size_t i = 0; i < positions.size(); ++i) {
      const float position = start + static_cast<float>(static_cast<int>(i)) * step;
      positions[i] = std::min(std::max(position, 0.0F), limit);
    }
  }

  int origin_x_;
  int origin_y_;
  int last_x_;
  int last_y_;
  const std::uint8_t* origin_;
  std::ptrdiff_t stride_;
  std::vector<float> x_;
  std::vector<float> y_;
};

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
  const auto& [center, side, along] = placement;
  if (!std::isfinite(center.x + center.y + side + along.x + along.y)) {
    throw Error(ErrorKind::kUsage, "mouth crop of landmarks that are not finite");
  }
  const double pixel = side / geometry.side;
  const int samples = std::clamp(static_cast<int>(std::ceil(pixel)), 1, geometry.max_supersampling);
  const int fine_side = geometry.side * samples;
  const double step = pixel / samples;
  // The sample in row i and column j of the fine grid.
  const auto position = [&](int i, int j) -> PicturePoint {
    const double a = (j + 0.5 - fine_side / 2.0) * step;
    const double b = (i + 0.5 - fine_side / 2.0) * step;
    return {placement.center.x + a * placement.along.x - b * placement.along.y,
            placement.center.y + a * placement.along.y + b * placement.along.x};
  };
  const double reach = side * (std::abs(along.x) + std::abs(along.y)) / 2;
  LineSampler sampler(picture, {center.x - reach, center.y - reach}, fine_side);
  std::vector<float> levels(fine_side);
  const float share = 1.0F / static_cast<float>(samples * samples);
  std::ranges::fill(crop, 0.0F);
  for (int i = 0; i < fine_side; ++i) {
    sampler.sample(position(i, 0), {along.x * step, along.y * step}, levels);
    float* out = crop.data() + static_cast<std::size_t>(i / samples) * geometry.side;
    const float* level = levels.data();
    for (int column = 0; column < geometry.side; ++column, level += samples) {
      out[column] += share * std::accumulate(level, level + samples, 0.0F);
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
