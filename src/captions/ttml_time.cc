#include "captions/ttml_time.h"

#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace attune::captions {
namespace {

/// Digits, with a fraction where `fraction`; nothing else.
std::optional<double> number(std::string_view text, bool fraction) {
  const std::string_view allowed = fraction ? "0123456789." : "0123456789";
  if (text.empty() || text.find_first_not_of(allowed) != text.npos || text.front() == '.')
    return std::nullopt;
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc() || rest != end) return std::nullopt;
  return value;
}

std::optional<double> clock_seconds(std::string_view text, const TtmlRates& rates) {
  std::vector<double> parts;
  while (true) {
    const std::size_t colon = text.find(':');
    const bool seconds = parts.size() == 2 && colon == text.npos;
    const auto part = number(text.substr(0, colon), seconds || parts.size() == 3);
    if (!part || parts.size() > 3) return std::nullopt;
    parts.push_back(*part);
    if (colon == text.npos) break;
    text.remove_prefix(colon + 1);
  }
  if (parts.size() < 3 || parts[1] >= 60 || parts[2] >= 61) return std::nullopt;
  const double frames = parts.size() == 4 ? parts[3] / rates.frames : 0;
  return parts[0] * 3600 + parts[1] * 60 + parts[2] + frames;
}

std::optional<double> offset_seconds(std::string_view text, const TtmlRates& rates) {
  const std::array<std::pair<std::string_view, double>, 6> units = {{{"ms", 1e-3},
                                                                     {"h", 3600},
                                                                     {"m", 60},
                                                                     {"s", 1},
                                                                     {"f", 1 / rates.frames},
                                                                     {"t", 1 / rates.ticks}}};
  for (const auto& [unit, seconds] : units) {
    if (!text.ends_with(unit)) continue;
    text.remove_suffix(unit.size());
    const auto count = number(text, true);
    return count ? std::optional(*count * seconds) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Duration> parse_ttml_time(std::string_view text, const TtmlRates& rates) {
  const bool clock = text.find(':') != text.npos;
  const auto seconds = clock ? clock_seconds(text, rates) : offset_seconds(text, rates);
  constexpr double kLongest = 1e9;
  if (!seconds || !(*seconds <= kLongest)) return std::nullopt;
  return from_seconds(*seconds);
}

}  // namespace attune::captions
