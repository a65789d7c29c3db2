#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace attune {

/// The result files of one input, written whole or not at all: each is written under a temporary
/// name beside its final place, and commit() renames them all once everything has been written.
/// Without commit() the destructor removes what was written. Not thread-safe.
class OutputFiles {
 public:
  /// `folder` is created when it does not exist; `stem` is the file name without extension.
  /// Throws Error(kOutput) when the folder cannot be created or written.
  OutputFiles(std::filesystem::path folder, std::string stem);
  ~OutputFiles();
  OutputFiles(const OutputFiles&) = delete;
  OutputFiles& operator=(const OutputFiles&) = delete;

  /// Writes `content` to the temporary file of `stem + extension` (".vtt").
  /// Throws Error(kOutput), naming the file, on a full disk or a missing permission.
  void write(std::string_view extension, std::string_view content);

  /// Reserves a temporary path for `stem + extension` that the caller writes by itself.
  std::filesystem::path reserve(std::string_view extension);

  /// fsync and rename of every file; returns the final paths in the order they were added.
  std::vector<std::filesystem::path> commit();

 private:
  struct File {
    std::filesystem::path temporary;
    std::filesystem::path final;
  };

  std::filesystem::path folder_;
  std::string stem_;
  std::vector<File> files_;
};

/// A rename or a new entry of a folder is on disk once the folder is. Throws Error(kOutput).
void sync_folder(const std::filesystem::path& folder);

}  // namespace attune
