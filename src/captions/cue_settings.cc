#include "captions/cue_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "captions/json_text.h"

namespace attune::captions {
namespace {

/// From the middle of the lowest of `lines` lines up to the top of the first.
double height_above(std::size_t lines) {
  return kLineHeight * (static_cast<double>(std::max<std::size_t>(lines, 1)) - 0.5);
}

std::string percent(double share) {
  return json_number(std::clamp(share, 0.0, 1.0) * 100, 1) + "%";
}

/// A number before `unit`, finite; nothing when it is none.
std::optional<double> number(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc() || rest != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<double> share(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  const std::optional<double> value = number(text);
  return value ? std::optional(std::clamp(*value / 100, 0.0, 1.0)) : std::nullopt;
}

/// The middle of the lowest line from the setting `line`.
std::optional<double> lowest_line(std::string_view value, std::size_t lines) {
  const std::size_t comma = value.find(',');
  const std::string_view align = comma == std::string_view::npos ? "" : value.substr(comma + 1);
  value = value.substr(0, comma);
  if (const auto at = share(value)) {
    const double half = height_above(lines) / 2 - kLineHeight / 4;
    if (align == "end") return *at - kLineHeight / 2;
    return *at + (align == "center" ? half : height_above(lines));
  }
  const auto line = number(value);
  if (!line) return std::nullopt;
  const double top =
      *line < 0 ? 1 + (*line + 1 - static_cast<double>(lines)) * kLineHeight : *line * kLineHeight;
  return top + height_above(lines);
}

}  // namespace

std::string cue_settings(const Placement& placement, std::size_t lines) {
  const double x = std::clamp(placement.x, kLeastHalfWidth, 1 - kLeastHalfWidth);
  return fmt::format(" line:{} position:{} size:{}", percent(placement.y - height_above(lines)),
                     percent(x), percent(2 * std::min(x, 1 - x)));
}

std::optional<Placement> read_cue_settings(std::string_view line, std::size_t lines) {
  std::optional<double> x;
  std::optional<double> y;
  std::size_t arrow = line.find("-->");
  if (arrow == std::string_view::npos) return std::nullopt;
  line.remove_prefix(arrow);
  while (!line.empty()) {
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    const std::string_view setting = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    if (setting.starts_with("line:")) y = lowest_line(setting.substr(5), lines);
    if (setting.starts_with("position:"))
      x = share(setting.substr(9, std::min(setting.find(','), setting.size()) - 9));
  }
  if (!x && !y) return std::nullopt;
  const Placement usual;
  return Placement{x.value_or(usual.x), std::clamp(y.value_or(usual.y), 0.0, 1.0)};
}

}  // namespace attune::captions
