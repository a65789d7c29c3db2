#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "cli/console.h"
#include "pipeline/graph.h"

namespace attune::cli {

/// Media time done for each second of wall time; nothing before there is anything to divide.
std::optional<double> speed(const pipeline::Progress& progress);

/// Wall time left at the speed so far; nothing when the length or the speed is unknown.
std::optional<Duration> time_left(const pipeline::Progress& progress);

/// "scene.mp4 [#####-----] 00:00:42 / 00:01:24  9.1x  ETA 00:05", at most `columns` wide.
std::string status_line(const std::string& input, const pipeline::Progress& progress, int columns);

/// "scene.mp4: 00:00:42 of 00:01:24 (50 %), 9.1 x real time, 00:05 left".
std::string progress_line(const std::string& input, const pipeline::Progress& progress);

/// {"event": "progress", "input": ..., seconds "done", "total", "wall", "left", and "speed"}.
nlohmann::json progress_event(const std::string& input, const pipeline::Progress& progress);

/// Shows how one input comes along: a status line on a terminal, else a plain line every ten
/// seconds, or a JSON event a second. Not thread-safe.
class ProgressDisplay {
 public:
  ProgressDisplay(Console& console, std::string input);
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void show(const pipeline::Progress& progress);

 private:
  Console& console_;
  std::string input_;
  Duration next_line_;
};

}  // namespace attune::cli
