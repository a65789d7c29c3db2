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

  /// Part of a mapped file that was read and will hardly be read again: its memory is given back.
  /// Reading it again is allowed and takes it from the file.
  static void let_go(std::span<const std::byte> part);

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace attune::models
