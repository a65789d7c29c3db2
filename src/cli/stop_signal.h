#pragma once

#include <atomic>

namespace attune::cli {

/// While it lives, SIGINT and SIGTERM ask for a stop instead of ending the program; the second one
/// ends it. One at a time.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// Becomes true with the first signal.
  const std::atomic<bool>& requested() const;
  /// 128 + the signal's number: 130 for SIGINT, 143 for SIGTERM. Zero without a signal.
  int exit_code() const;
};

}  // namespace attune::cli
