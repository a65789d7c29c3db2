#include "cli/reload_signal.h"

#include <atomic>
#include <csignal>

namespace attune::cli {
namespace {

// A signal handler reaches nothing but statics.
std::atomic<bool> reload_requested = false;

void note_reload(int) {
  reload_requested = true;
}

}  // namespace

ReloadSignal::ReloadSignal() {
  reload_requested = false;
  std::signal(SIGHUP, note_reload);
}

ReloadSignal::~ReloadSignal() {
  std::signal(SIGHUP, SIG_DFL);
}

bool ReloadSignal::take() {
  return reload_requested.exchange(false);
}

}  // namespace attune::cli
