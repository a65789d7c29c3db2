#include "captions/cue_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <vector>

#include "captions/encoding.h"
#include "core/error.h"

namespace attune::captions {
namespace {

constexpr std::string_view kArrow = "-->";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool read_number(std::string_view digits, std::int64_t limit, std::int64_t& value) {
  const char* end = digits.data() + digits.size();
  const auto [rest, status] = std::from_chars(digits.data(), end, value);
  const bool negative = digits.starts_with('-');
  return status == std::errc() && rest == end && !negative && value < limit;
}

Timestamp required_time(std::string_view text) {
  const std::optional<Timestamp> time = parse_cue_time(text);
  if (!time)
    throw Error(ErrorKind::kInput,
                fmt::format("the cue's time '{}' cannot be read; 01:02:03.456 is one",
                            valid_utf8(text.substr(0, 40))));
  return *time;
}

}  // namespace

std::optional<Timestamp> parse_cue_time(std::string_view text) {
  const std::size_t mark = text.find_first_of(".,");
  if (mark == std::string_view::npos || text.size() - mark != 4) return std::nullopt;
  std::int64_t milliseconds = 0;
  if (!read_number(text.substr(mark + 1), 1000, milliseconds)) return std::nullopt;

  std::string_view clock = text.substr(0, mark);
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t colon = clock.find(':');
    parts.push_back(clock.substr(0, colon));
    if (colon == std::string_view::npos) break;
    clock.remove_prefix(colon + 1);
  }
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  std::int64_t hours = 0;
  std::int64_t minutes = 0;
  std::int64_t seconds = 0;
  if (parts.size() == 3 && !read_number(parts[0], 1'000'000, hours)) return std::nullopt;
  if (!read_number(parts[parts.size() - 2], 60, minutes)) return std::nullopt;
  if (!read_number(parts.back(), 60, seconds)) return std::nullopt;
  return std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds) +
         std::chrono::milliseconds(milliseconds);
}

std::string cue_time(Timestamp t, char decimal_mark) {
  const std::int64_t ms =
      std::chrono::round<std::chrono::milliseconds>(std::max(t, Timestamp::zero())).count();
  return fmt::format("{:02}:{:02}:{:02}{}{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60,
                     decimal_mark, ms % 1000);
}

std::string cue_times(const TimeSpan& span, char decimal_mark) {
  return fmt::format("{} {} {}", cue_time(span.start, decimal_mark), kArrow,
                     cue_time(span.end, decimal_mark));
}

TimeSpan parse_cue_times(std::string_view line) {
  const std::size_t arrow = line.find(kArrow);
  if (arrow == std::string_view::npos)
    throw Error(ErrorKind::kInput, "the times of a cue (START --> END) are expected here");
  const std::string_view after = trimmed(line.substr(arrow + kArrow.size()));
  const TimeSpan span{required_time(trimmed(line.substr(0, arrow))),
                      required_time(after.substr(0, after.find_first_of(" \t")))};
  if (span.end < span.start)
    throw Error(ErrorKind::kInput, fmt::format("the cue ends at {}, before its start at {}",
                                               cue_time(span.end, '.'), cue_time(span.start, '.')));
  return span;
}

}  // namespace attune::captions
