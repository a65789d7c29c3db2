#pragma once

#include <filesystem>
#include <string>

namespace attune::search {

/// That one process at a time updates an index: a file beside it, "NAME.lock", which is gone with
/// the object. A process that dies leaves the file behind, without harm.
class IndexLock {
 public:
  /// Throws Error(kTryLater) when another process updates the index, Error(kOutput) when the file
  /// cannot be made.
  explicit IndexLock(const std::filesystem::path& index);
  ~IndexLock();
  IndexLock(const IndexLock&) = delete;
  IndexLock& operator=(const IndexLock&) = delete;

 private:
  /// False where the file was replaced between opening and locking.
  bool lock(const std::filesystem::path& index);

  std::string file_;
  int descriptor_ = -1;
};

}  // namespace attune::search
