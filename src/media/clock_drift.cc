#include "media/clock_drift.h"

#include <algorithm>
#include <vector>

namespace attune::media {

void ClockDrift::reset() {
  windows_.clear();
  opened_.reset();
}

void ClockDrift::note(Timestamp media, Timestamp arrival) {
  const Least now{arrival, arrival - media};
  if (!opened_ || arrival - *opened_ >= kWindow) {
    if (opened_) windows_.push_back(least_);
    if (windows_.size() > kMostWindows) windows_.pop_front();
    opened_ = arrival;
    least_ = now;
  } else if (now.delay < least_.delay) {
    least_ = now;
  }
}

std::optional<double> ClockDrift::ppm() const {
  if (windows_.empty() || least_.arrival - windows_.front().arrival < kShortest)
    return std::nullopt;
  std::vector<double> slopes;
  slopes.reserve(windows_.size() * windows_.size() / 2);
  for (std::size_t a = 0; a < windows_.size(); ++a) {
    for (std::size_t b = a + 1; b < windows_.size(); ++b) {
      const double time = to_seconds(windows_[b].arrival - windows_[a].arrival);
      // Neighbours say little: what the least delays differ by is divided by a short time.
      if (time < to_seconds(kShortest) / 2) continue;
      slopes.push_back(to_seconds(windows_[a].delay - windows_[b].delay) / time);
    }
  }
  if (slopes.empty()) return std::nullopt;
  const auto middle = slopes.begin() + static_cast<std::ptrdiff_t>(slopes.size() / 2);
  std::nth_element(slopes.begin(), middle, slopes.end());
  return *middle * 1e6;
}

}  // namespace attune::media
