#include "cli/batch_display.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/log.h"

namespace attune::cli {
namespace {

constexpr Duration kLineInterval = std::chrono::seconds(30);
constexpr Duration kEventInterval = std::chrono::seconds(1);

double speed(const batch::BatchProgress& progress) {
  return progress.wall > Duration::zero() ? to_seconds(progress.media) / to_seconds(progress.wall)
                                          : 0;
}

std::string running_names(const batch::BatchProgress& progress) {
  std::string names;
  for (const auto& running : progress.running) {
    const std::string name = running.input.substr(running.input.find_last_of('/') + 1);
    names += (names.empty() ? "  " : ", ") + name;
    if (running.total > Duration::zero())
      names += fmt::format(" {:.0f} %", 100 * to_seconds(running.done) / to_seconds(running.total));
  }
  return names;
}

nlohmann::json to_event(const batch::BatchProgress& progress) {
  nlohmann::json running = nlohmann::json::array();
  for (const auto& one : progress.running) {
    running.push_back(
        {{"input", one.input}, {"done", to_seconds(one.done)}, {"total", to_seconds(one.total)}});
  }
  nlohmann::json event{{"event", "batch_progress"},
                       {"items", progress.items},
                       {"done", progress.done},
                       {"done_before", progress.done_before},
                       {"failed", progress.failed},
                       {"running", running},
                       {"media", to_seconds(progress.media)},
                       {"wall", to_seconds(progress.wall)},
                       {"speed", speed(progress)}};
  if (const auto left = time_left(progress)) event["left"] = to_seconds(*left);
  return event;
}

}  // namespace

std::optional<Duration> time_left(const batch::BatchProgress& progress) {
  const std::size_t ended = progress.done + progress.failed;
  if (progress.done == 0) return std::nullopt;
  const std::size_t left = progress.items - std::min(progress.items, ended + progress.done_before);
  return from_seconds(to_seconds(progress.wall) / static_cast<double>(progress.done) *
                      static_cast<double>(left));
}

std::string batch_line(const batch::BatchProgress& progress) {
  std::string line = fmt::format("{} of {} files, {} of media, {:.1f} x real time",
                                 progress.done + progress.done_before + progress.failed,
                                 progress.items, format_hours(progress.media), speed(progress));
  if (progress.failed > 0) line += fmt::format(", {} failed", progress.failed);
  if (const auto left = time_left(progress)) line += ", ETA " + format_clock(*left);
  return line;
}

BatchDisplay::BatchDisplay(Session& session) : session_(session) {}

BatchDisplay::~BatchDisplay() {
  session_.console->status("");
}

void BatchDisplay::started(const batch::Item& item) {
  log()->info("{}: begun", item.input);
  session_.console->event(
      {{"event", "started"}, {"input", item.input}, {"output", item.output.string()}});
}

void BatchDisplay::ended(const batch::Record& record) {
  if (record.failure) {
    log()->error("{} [{}, attempt {}]", record.failure->message, name(record.failure->kind),
                 record.attempts);
    session_.console->event({{"event", "failed"},
                             {"input", record.item.input},
                             {"class", name(record.failure->kind)},
                             {"message", record.failure->message},
                             {"attempts", record.attempts}});
    return;
  }
  log()->info("{}: done", record.item.input);
  session_.console->event({{"event", "finished"},
                           {"input", record.item.input},
                           {"output", record.item.output.string()},
                           {"files", record.files},
                           {"media", to_seconds(record.media)},
                           {"wall", to_seconds(record.wall)},
                           {"peak_memory", record.peak_memory_bytes}});
}

void BatchDisplay::will_retry(const batch::Item& item, const batch::Failure& failure,
                              Duration delay) {
  log()->warn("{} [{}; tried again in {:.0f} s]", failure.message, name(failure.kind),
              to_seconds(delay));
  session_.console->event({{"event", "retry"},
                           {"input", item.input},
                           {"class", name(failure.kind)},
                           {"message", failure.message},
                           {"delay", to_seconds(delay)}});
}

void BatchDisplay::remark(const std::string& message) {
  log()->warn("{}", message);
}

void BatchDisplay::progress(const batch::BatchProgress& progress) {
  if (session_.quiet) return;
  Console& console = *session_.console;
  if (console.is_terminal()) {
    std::string line = batch_line(progress) + running_names(progress);
    const auto room = static_cast<std::size_t>(std::max(1, console.columns() - 1));
    if (line.size() > room) line.resize(room);
    console.status(line);
    return;
  }
  const bool json = console.style() == Style::kJsonLines;
  if (progress.wall < next_line_) return;
  if (json)
    console.event(to_event(progress));
  else if (progress.wall >= kLineInterval)
    console.line(batch_line(progress));
  next_line_ = progress.wall + (json ? kEventInterval : kLineInterval);
}

}  // namespace attune::cli
