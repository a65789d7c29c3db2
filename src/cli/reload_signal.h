#pragma once

namespace attune::cli {

/// While it lives, SIGHUP asks for the configuration to be read again instead of ending the
/// program. One at a time.
class ReloadSignal {
 public:
  ReloadSignal();
  ~ReloadSignal();
  ReloadSignal(const ReloadSignal&) = delete;
  ReloadSignal& operator=(const ReloadSignal&) = delete;

  /// Whether it was asked for since the last call.
  bool take();
};

}  // namespace attune::cli
