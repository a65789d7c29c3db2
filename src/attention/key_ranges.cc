#include "attention/key_ranges.h"

#include <algorithm>

namespace attune::attention {

namespace {

std::int64_t time_at(std::span<const std::int64_t> times, std::int64_t index) {
  return times.empty() ? index : times[index];
}

/// a - b where it fits, else the end of the numbers.
std::int64_t difference(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (!__builtin_sub_overflow(a, b, &result)) return result;
  return b < 0 ? INT64_MAX : INT64_MIN;
}

}  // namespace

void key_ranges(const KeyWindow& window, std::int64_t keys, std::span<KeyRange> ranges) {
  KeyRange range;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const std::int64_t now = time_at(window.query_times, static_cast<std::int64_t>(i));
    const auto offset = [&](std::int64_t key) {
      return difference(time_at(window.key_times, key), now);
    };
    const std::int64_t earliest = difference(0, window.before);
    while (range.begin < keys && offset(range.begin) < earliest) ++range.begin;
    range.end = std::max(range.end, range.begin);
    while (range.end < keys && offset(range.end) <= window.after) ++range.end;
    ranges[i] = range;
  }
}

void cell_ranges(std::span<const KeyRange> ranges, std::int64_t stride, std::span<KeyRange> cells) {
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const auto [begin, end] = ranges[i];
    cells[i] = begin < end ? KeyRange{begin / stride, (end - 1) / stride + 1} : KeyRange{0, 0};
  }
}

}  // namespace attune::attention
