#pragma once

#include <sys/types.h>

#include <compare>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace attune::batch {

/// What a file or folder is to the kernel, whatever names lead to it.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const FileIdentity&) const = default;
};

/// Follows links; nothing when it cannot be looked at.
std::optional<FileIdentity> identity(const std::filesystem::path& path);

struct FoundFiles {
  /// Relative to the folder walked, sorted bytewise.
  std::vector<std::string> files;
  /// Full sentences: folders that could not be read, links to nothing.
  std::vector<std::string> problems;
  /// Full sentences: folders left out on purpose.
  std::vector<std::string> notes;
};

/// Finds the files in folders and the folders below. Names that begin with "." and folders of
/// results of attune batch are left out; links to files are files, links to folders are followed
/// once everything that is no link has been walked. No folder is walked twice in the life of the
/// object, however many names lead to it, so that links may form loops and arguments may lie within
/// each other. A file that vanishes meanwhile is none. Not thread-safe.
class FolderWalk {
 public:
  /// `left_out` is the folder of the results, which are never taken as inputs.
  explicit FolderWalk(std::optional<FileIdentity> left_out) : left_out_(left_out) {}

  /// The files whose name `is_wanted`.
  FoundFiles walk(const std::filesystem::path& folder,
                  const std::function<bool(const std::string& name)>& is_wanted);

 private:
  std::optional<FileIdentity> left_out_;
  std::set<FileIdentity> visited_;
};

}  // namespace attune::batch
