#pragma once

#include <filesystem>
#include <system_error>

namespace attune::models {

/// A file that is written under a temporary name beside its final place, and removed unless it is
/// kept.
class PendingFile {
 public:
  /// Makes the folder. Throws Error(kOutput) when that fails.
  explicit PendingFile(std::filesystem::path final);
  ~PendingFile();
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  /// Where to write it.
  const std::filesystem::path& path() const { return temporary_; }

  /// Puts it in its place. Throws Error(kOutput) when that fails.
  void keep();

 private:
  [[noreturn]] void fail(const std::error_code& error) const;

  std::filesystem::path final_;
  std::filesystem::path temporary_;
};

}  // namespace attune::models
