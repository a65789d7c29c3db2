#include "align/shot_detector.h"

#include <algorithm>
#include <cmath>

namespace attune::align {
namespace {

constexpr std::size_t kPicturesAfterCut = 2;
constexpr std::size_t kPicturesBeforeCut = 3;

/// Cuts nearer than that (0.24 s) to another are one change that takes several pictures.
constexpr TokenIndex kShortestShot = 6;

/// A flash returns to the old picture: what follows differs from before by less than this share.
constexpr float kLastingShare = 0.6f;

float change(const ShotDetector::Thumbnail& a, const ShotDetector::Thumbnail& b) {
  float sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum / static_cast<float>(a.size());
}

float median(std::vector<float> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

ShotDetector::Thumbnail make_thumbnail(const std::uint8_t* pixels, int width, int height,
                                       int stride) {
  ShotDetector::Thumbnail thumbnail{};
  for (int by = 0; by < ShotDetector::kThumbnailHeight; ++by) {
    const int y0 = by * height / ShotDetector::kThumbnailHeight;
    const int y1 = std::max(y0 + 1, (by + 1) * height / ShotDetector::kThumbnailHeight);
    for (int bx = 0; bx < ShotDetector::kThumbnailWidth; ++bx) {
      const int x0 = bx * width / ShotDetector::kThumbnailWidth;
      const int x1 = std::max(x0 + 1, (bx + 1) * width / ShotDetector::kThumbnailWidth);
      std::int64_t sum = 0;
      for (int y = y0; y < std::min(y1, height); ++y)
        for (int x = x0; x < std::min(x1, width); ++x)
          sum += pixels[static_cast<std::ptrdiff_t>(y) * stride + x];
      thumbnail[static_cast<std::size_t>(by * ShotDetector::kThumbnailWidth + bx)] =
          static_cast<float>(sum) / static_cast<float>((y1 - y0) * (x1 - x0));
    }
  }
  return thumbnail;
}

std::optional<ShotCut> ShotDetector::push(TokenIndex tick, const Thumbnail& thumbnail) {
  recent_.push_back({tick, thumbnail});
  if (recent_.size() < kPicturesAfterCut + 2) return std::nullopt;
  return decide(false);
}

std::vector<ShotCut> ShotDetector::flush() {
  std::vector<ShotCut> cuts;
  while (recent_.size() >= 2)
    if (const auto cut = decide(true)) cuts.push_back(*cut);
  recent_.clear();
  changes_.clear();
  earlier_.clear();
  last_change_.reset();
  return cuts;
}

/// The candidate is recent_[1]. Drops recent_[0].
std::optional<ShotCut> ShotDetector::decide(bool at_end) {
  const Thumbnail& candidate = recent_[1].thumbnail;
  const float difference = change(recent_[0].thumbnail, candidate);
  const float usual = std::max(1.0f, median({changes_.begin(), changes_.end()}));
  const Thumbnail& later = recent_[std::min(recent_.size() - 1, kPicturesAfterCut + 1)].thumbnail;
  const bool lasting = (at_end && recent_.size() == 2) ||
                       change(recent_[0].thumbnail, later) > kLastingShare * difference;
  const bool returning = std::any_of(earlier_.begin(), earlier_.end(), [&](const Thumbnail& past) {
    return change(past, candidate) <= kLastingShare * difference;
  });
  std::optional<ShotCut> cut;
  if (difference >= options_.minimum_change && difference >= options_.minimum_ratio * usual &&
      lasting && !returning) {
    const TokenIndex tick = recent_[1].tick;
    if (!last_change_ || tick - *last_change_ >= kShortestShot)
      cut = ShotCut{tick, difference / usual};
    last_change_ = tick;
  }

  changes_.push_back(difference);
  if (changes_.size() > kTokensPerSecond) changes_.pop_front();
  earlier_.push_back(recent_[0].thumbnail);
  if (earlier_.size() > kPicturesBeforeCut) earlier_.pop_front();
  recent_.pop_front();
  return cut;
}

}  // namespace attune::align
