#include "cli/console.h"

#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace attune::cli {
namespace {

constexpr std::string_view kClearLine = "\r\033[K";

class ConsoleSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit ConsoleSink(Console& console) : console_(console) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    console_.message(message.level, {message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

  Console& console_;
};

std::string level_name(spdlog::level::level_enum level) {
  const auto view = spdlog::level::to_string_view(level);
  return {view.data(), view.size()};
}

}  // namespace

Console::Console(std::FILE* stream, Style style)
    : stream_(stream),
      style_(style),
      is_terminal_(style == Style::kText && isatty(fileno(stream)) == 1) {}

int Console::columns() const {
  winsize size{};
  if (ioctl(fileno(stream_), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

void Console::write_line(std::string_view text) {
  if (!status_.empty()) fmt::print(stream_, "{}", kClearLine);
  fmt::print(stream_, "{}\n{}", text, status_);
  std::fflush(stream_);
}

void Console::message(spdlog::level::level_enum level, std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (style_ == Style::kJsonLines) {
    write_line(nlohmann::json{{"level", level_name(level)}, {"message", text}}.dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    write_line(fmt::format("attune: {}: {}", level_name(level), text));
  }
}

void Console::line(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (style_ == Style::kText) write_line(text);
}

void Console::status(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (!is_terminal_ || text == status_) return;
  status_ = text;
  fmt::print(stream_, "{}{}", kClearLine, status_);
  std::fflush(stream_);
}

void Console::event(const nlohmann::json& object) {
  const std::lock_guard lock(mutex_);
  if (style_ != Style::kJsonLines) return;
  write_line(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void Console::receive_log(spdlog::level::level_enum level) {
  spdlog::drop("attune");
  auto logger = std::make_shared<spdlog::logger>("attune", std::make_shared<ConsoleSink>(*this));
  logger->set_level(level);
  spdlog::register_logger(std::move(logger));
}

}  // namespace attune::cli
