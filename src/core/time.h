#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace attune {

/// A presentation timestamp on the media's own clock. May be negative (edit lists, priming
/// samples); never a frame count.
using Timestamp = std::chrono::nanoseconds;
using Duration = std::chrono::nanoseconds;

/// Half-open interval [start, end) of presentation time.
struct TimeSpan {
  Timestamp start{};
  Timestamp end{};

  Duration duration() const { return end - start; }
  bool contains(Timestamp t) const { return start <= t && t < end; }
  bool operator==(const TimeSpan&) const = default;
};

/// Length of the common part of two spans; zero when they do not overlap.
Duration overlap(const TimeSpan& a, const TimeSpan& b);

/// The token grid: one token every 40 ms for sound and faces alike. Token i lies at i * 40 ms of
/// media time, so that i may be negative.
using TokenIndex = std::int64_t;
inline constexpr Duration kTokenPeriod = std::chrono::milliseconds(40);
inline constexpr int kTokensPerSecond = 25;

constexpr Timestamp token_time(TokenIndex index) {
  return index * kTokenPeriod;
}

/// Index of the last token at or before t (floor, also for negative times).
TokenIndex token_floor(Timestamp t);
/// Index of the first token at or after t.
TokenIndex token_ceil(Timestamp t);

constexpr double to_seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}
/// Nearest nanosecond to a number of seconds.
Duration from_seconds(double seconds);

/// "01:02:03.456", with a leading minus for negative times; hours are always written.
std::string format_timestamp(Timestamp t);

/// "1:02:03", to the nearest second.
std::string format_clock(Duration d);

/// "12.5 min", from an hour on "1.2 h".
std::string format_hours(Duration d);

/// Reads "1.5s", "250ms", "2min", "1h", "40us" or a bare number of seconds.
/// Throws Error(kUsage) on anything else.
Duration parse_duration(const std::string& text);

}  // namespace attune
