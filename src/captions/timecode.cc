#include "captions/timecode.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace attune::captions {
namespace {

constexpr double kUnknownRate = 25;

bool is_near(double rate, double exact) {
  return std::abs(rate - exact) < 0.005;
}

}  // namespace

Timecode::Timecode(double frame_rate)
    : frame_rate_(frame_rate > 0 ? std::clamp(frame_rate, 1.0, 1000.0) : kUnknownRate),
      nominal_(std::llround(frame_rate_)) {
  // Files state such rates rounded: 29.97.
  for (const double whole : {24.0, 30.0, 48.0, 60.0, 120.0})
    if (is_near(frame_rate_, whole * 1000 / 1001)) frame_rate_ = whole * 1000 / 1001;
  if (is_near(frame_rate_, 30000.0 / 1001)) dropped_ = 2;
  if (is_near(frame_rate_, 60000.0 / 1001)) dropped_ = 4;
}

std::int64_t Timecode::frame(Timestamp t) const {
  // A time rounded to milliseconds may lie just before its frame.
  constexpr double kRounding = 0.0005;
  return std::max<std::int64_t>(
      static_cast<std::int64_t>(std::floor((to_seconds(t) + kRounding) * frame_rate_)), 0);
}

std::string Timecode::code(std::int64_t frame) const {
  if (dropped_ > 0) {
    const std::int64_t per_minute = nominal_ * 60 - dropped_;
    const std::int64_t per_ten = per_minute * 10 + dropped_;
    const std::int64_t rest = frame % per_ten;
    frame += dropped_ * 9 * (frame / per_ten);
    if (rest >= dropped_) frame += dropped_ * ((rest - dropped_) / per_minute);
  }
  const std::int64_t seconds = frame / nominal_;
  return fmt::format("{:02}:{:02}:{:02}{}{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60,
                     dropped_ > 0 ? ';' : ':', frame % nominal_);
}

}  // namespace attune::captions
