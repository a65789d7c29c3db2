#include "cli/stop_signal.h"

#include <csignal>

namespace attune::cli {
namespace {

// A signal handler reaches nothing but statics.
std::atomic<bool> stop_requested = false;
std::atomic<int> received_signal = 0;
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void handle(int signal) {
  received_signal = signal;
  stop_requested = true;
  std::signal(signal, SIG_DFL);
}

}  // namespace

StopSignal::StopSignal() {
  stop_requested = false;
  received_signal = 0;
  std::signal(SIGINT, handle);
  std::signal(SIGTERM, handle);
}

StopSignal::~StopSignal() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

const std::atomic<bool>& StopSignal::requested() const {
  return stop_requested;
}

int StopSignal::exit_code() const {
  return received_signal == 0 ? 0 : 128 + received_signal;
}

}  // namespace attune::cli
