#include "batch/failure.h"

#include <fmt/format.h>

#include <array>
#include <csignal>
#include <cstring>
#include <utility>

#include "core/error.h"

namespace attune::batch {
namespace {

constexpr std::array kNames{
    std::pair{FailureClass::kBadInput, std::string_view("bad_input")},
    std::pair{FailureClass::kConfiguration, std::string_view("configuration")},
    std::pair{FailureClass::kGone, std::string_view("gone")},
    std::pair{FailureClass::kResources, std::string_view("resources")},
    std::pair{FailureClass::kTimeOut, std::string_view("time_out")},
    std::pair{FailureClass::kCrash, std::string_view("crash")},
};

constexpr int kSignalBase = 128;

std::string message_or(const WorkerEnd& end, const std::string& otherwise) {
  return end.message.empty() ? otherwise : end.message;
}

Failure of_signal(const WorkerEnd& end) {
  const int signal = end.exit_code - kSignalBase;
  if (signal == SIGKILL) {
    return {FailureClass::kResources,
            "the worker was killed from outside, most likely by the system for want of memory: "
            "give fewer jobs (--jobs) or a memory limit (--memory)"};
  }
  return {FailureClass::kCrash,
          fmt::format("the worker died of signal {} ({}){}", signal, strsignal(signal),
                      end.message.empty() ? "" : "; it last said: " + end.message)};
}

}  // namespace

std::string_view name(FailureClass failure) {
  for (const auto& [kind, text] : kNames)
    if (kind == failure) return text;
  return "crash";
}

std::optional<FailureClass> failure_class(std::string_view name) {
  for (const auto& [kind, text] : kNames)
    if (text == name) return kind;
  return std::nullopt;
}

bool is_retried(FailureClass failure) {
  return failure != FailureClass::kBadInput && failure != FailureClass::kConfiguration;
}

bool WorkerEnd::output_failed() const {
  return exit_code == attune::exit_code(ErrorKind::kOutput);
}

Failure classify(const WorkerEnd& end) {
  if (end.over_memory) {
    return {FailureClass::kResources,
            "the worker took more memory than it may: raise --memory or give fewer jobs (--jobs)"};
  }
  if (end.over_time) {
    return {FailureClass::kTimeOut,
            "the worker took longer than it may: raise --time-limit, or look at the recording"};
  }
  if (end.exit_code > kSignalBase) return of_signal(end);
  const std::string message = message_or(end, fmt::format("exit code {}", end.exit_code));
  if (end.exit_code == exit_code(ErrorKind::kInput)) {
    if (end.input_unchanged) return {FailureClass::kBadInput, message};
    return {FailureClass::kGone,
            message + " (the file went away or was changed while it was worked on)"};
  }
  if (end.exit_code == exit_code(ErrorKind::kUsage) ||
      end.exit_code == exit_code(ErrorKind::kModel))
    return {FailureClass::kConfiguration, message};
  if (end.output_failed()) return {FailureClass::kResources, message};
  return {FailureClass::kCrash, message};
}

}  // namespace attune::batch
