#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace attune::models {

/// A file's content mapped read-only into memory.
class MappedFile {
 public:
  /// Throws Error(kModel) when the file is missing, not a regular file, empty or unreadable.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace attune::models
