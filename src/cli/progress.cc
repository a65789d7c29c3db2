#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace attune::cli {
namespace {

constexpr Duration kLineInterval = std::chrono::seconds(10);
constexpr Duration kEventInterval = std::chrono::seconds(1);
constexpr int kWidestBar = 40;
constexpr int kNarrowestBar = 8;

/// "00:01:24"; hours may be left out where they are nearly always zero.
std::string clock(Duration d, bool with_hours = true) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(d).count();
  const auto hours = seconds / 3600;
  const std::string rest = fmt::format("{:02}:{:02}", seconds / 60 % 60, seconds % 60);
  return with_hours || hours > 0 ? fmt::format("{:02}:{}", hours, rest) : rest;
}

double fraction(const pipeline::Progress& progress) {
  if (progress.total <= Duration::zero()) return 0;
  return std::clamp(to_seconds(progress.done) / to_seconds(progress.total), 0.0, 1.0);
}

}  // namespace

std::optional<double> speed(const pipeline::Progress& progress) {
  if (progress.done <= Duration::zero() || progress.wall <= Duration::zero()) return std::nullopt;
  return to_seconds(progress.done) / to_seconds(progress.wall);
}

std::optional<Duration> time_left(const pipeline::Progress& progress) {
  const auto rate = speed(progress);
  if (!rate || progress.total <= Duration::zero()) return std::nullopt;
  return from_seconds(to_seconds(std::max(Duration::zero(), progress.total - progress.done)) /
                      *rate);
}

std::string status_line(const std::string& input, const pipeline::Progress& progress, int columns) {
  const auto rate = speed(progress);
  const auto left = time_left(progress);
  std::string times = clock(progress.done);
  if (progress.total > Duration::zero()) times += " / " + clock(progress.total);
  if (rate) times += fmt::format("  {:.1f}x", *rate);
  if (left) times += fmt::format("  ETA {}", clock(*left, false));
  std::string text = input + " ";
  // A full last column makes some terminals start a new line.
  const int room = columns - 1 - static_cast<int>(text.size() + times.size()) - 3;
  if (progress.total > Duration::zero() && room >= kNarrowestBar) {
    const int width = std::min(room, kWidestBar);
    const int filled = static_cast<int>(fraction(progress) * width);
    text += fmt::format("[{:#<{}}{:-<{}}] ", "", filled, "", width - filled);
  }
  text += times;
  if (static_cast<int>(text.size()) >= columns)
    text.resize(static_cast<std::size_t>(std::max(0, columns - 1)));
  return text;
}

std::string progress_line(const std::string& input, const pipeline::Progress& progress) {
  std::string text = fmt::format("{}: {}", input, clock(progress.done));
  if (progress.total > Duration::zero()) {
    text += fmt::format(" of {} ({:.0f} %)", clock(progress.total), 100 * fraction(progress));
  }
  if (const auto rate = speed(progress)) text += fmt::format(", {:.1f} x real time", *rate);
  if (const auto left = time_left(progress)) text += fmt::format(", {} left", clock(*left, false));
  return text;
}

nlohmann::json progress_event(const std::string& input, const pipeline::Progress& progress) {
  nlohmann::json event = {{"event", "progress"},
                          {"input", input},
                          {"done", to_seconds(progress.done)},
                          {"wall", to_seconds(progress.wall)}};
  if (progress.total > Duration::zero()) event["total"] = to_seconds(progress.total);
  if (const auto rate = speed(progress)) event["speed"] = *rate;
  if (const auto left = time_left(progress)) event["left"] = to_seconds(*left);
  return event;
}

ProgressDisplay::ProgressDisplay(Console& console, std::string input)
    : console_(console),
      input_(std::move(input)),
      next_line_(console.style() == Style::kJsonLines ? kEventInterval : kLineInterval) {}

ProgressDisplay::~ProgressDisplay() {
  console_.status("");
}

void ProgressDisplay::show(const pipeline::Progress& progress) {
  if (console_.is_terminal()) {
    console_.status(status_line(input_, progress, console_.columns()));
    return;
  }
  if (progress.wall < next_line_) return;
  const bool json = console_.style() == Style::kJsonLines;
  next_line_ = progress.wall + (json ? kEventInterval : kLineInterval);
  if (json) {
    console_.event(progress_event(input_, progress));
  } else {
    console_.line(progress_line(input_, progress));
  }
}

}  // namespace attune::cli
