#include "core/time.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/error.h"

namespace attune {

Duration overlap(const TimeSpan& a, const TimeSpan& b) {
  return std::max(Duration::zero(), std::min(a.end, b.end) - std::max(a.start, b.start));
}

TokenIndex token_floor(Timestamp t) {
  const TokenIndex quotient = t / kTokenPeriod;
  return t % kTokenPeriod < Duration::zero() ? quotient - 1 : quotient;
}

TokenIndex token_ceil(Timestamp t) {
  return -token_floor(-t);
}

Duration from_seconds(double seconds) {
  return Duration(static_cast<std::int64_t>(std::llround(seconds * 1e9)));
}

std::string format_timestamp(Timestamp t) {
  const char* sign = t < Timestamp::zero() ? "-" : "";
  const std::int64_t ms =
      std::chrono::round<std::chrono::milliseconds>(t < Timestamp::zero() ? -t : t).count();
  return fmt::format("{}{:02}:{:02}:{:02}.{:03}", sign, ms / 3'600'000, ms / 60'000 % 60,
                     ms / 1000 % 60, ms % 1000);
}

std::string format_clock(Duration d) {
  const std::int64_t seconds = std::chrono::round<std::chrono::seconds>(d).count();
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string format_hours(Duration d) {
  const double hours = to_seconds(d) / 3600;
  return hours < 1 ? fmt::format("{:.1f} min", hours * 60) : fmt::format("{:.1f} h", hours);
}

Duration parse_duration(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, status] = std::from_chars(text.data(), end, value);
  const std::string unit(rest, end);
  if (status == std::errc() && std::isfinite(value) && std::abs(value) < 1e9) {
    if (unit.empty() || unit == "s") return from_seconds(value);
    if (unit == "ms") return from_seconds(value / 1e3);
    if (unit == "us") return from_seconds(value / 1e6);
    if (unit == "min") return from_seconds(value * 60);
    if (unit == "h") return from_seconds(value * 3600);
  }
  throw Error(
      ErrorKind::kUsage,
      fmt::format("'{}' is not a duration; write for example 1.5s, 250ms, 2min or 1h", text));
}

}  // namespace attune
