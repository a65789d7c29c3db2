#pragma once

#include <spdlog/common.h>

#include <cstdio>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace attune::cli {

enum class Style {
  /// Plain lines, and one line of status that is overwritten when `stream` is a terminal.
  kText,
  /// One JSON object a line: {"level": ..., "message": ...} or {"event": ...}.
  kJsonLines,
};

/// The part of the program that talks to the person on standard error: log messages, status line
/// and events, never mixed within a line. Thread-safe.
class Console {
 public:
  /// `stream` is not closed.
  Console(std::FILE* stream, Style style);

  bool is_terminal() const { return is_terminal_; }
  Style style() const { return style_; }
  /// Columns of the terminal; 80 where that is unknown.
  int columns() const;

  /// A message with its level, above the status line.
  void message(spdlog::level::level_enum level, std::string_view text);
  /// A line of plain text, above the status line. Nothing in JSON style.
  void line(std::string_view text);
  /// Replaces the status line of a terminal; nothing elsewhere. Empty text removes it.
  void status(std::string_view text);
  /// A line of JSON; nothing in text style.
  void event(const nlohmann::json& object);

  /// Makes this console the destination of attune's logger, from `level` on.
  void receive_log(spdlog::level::level_enum level);

 private:
  void write_line(std::string_view text);

  std::FILE* stream_;
  Style style_;
  bool is_terminal_;
  std::mutex mutex_;
  std::string status_;
};

}  // namespace attune::cli
