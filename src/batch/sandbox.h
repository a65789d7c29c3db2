#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace attune::batch {

/// What a worker is not allowed, so that a recording made to break a decoder gains nothing.
struct Confinement {
  /// The one folder under which the process may write.
  std::filesystem::path writable;
  /// Whether it may open connections: for inputs that are addresses.
  bool network = false;
};

/// Confines this process and all it starts, for good: writing with Landlock (Linux 5.13), network
/// with seccomp. Call it before there are threads. Returns what this machine's kernel cannot do, in
/// sentences; empty when all is in force. Throws Error(kInternal) when it fails otherwise.
std::vector<std::string> confine(const Confinement& confinement);

}  // namespace attune::batch
