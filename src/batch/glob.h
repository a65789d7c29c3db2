#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace attune::batch {

/// Whether an argument is a pattern: it holds *, ? or [ and no file has it as its name.
bool is_glob(const std::string& argument);

struct GlobMatches {
  /// The part of the pattern before the first wildcard; empty for the working directory.
  std::filesystem::path base;
  /// Paths that match, sorted bytewise, as the shell would give them.
  std::vector<std::filesystem::path> paths;
};

/// Expands *, ?, [a-z], [!a-z] within a name (fnmatch(3)), and ** as a whole name for any number of
/// folders, none among them. A name that begins with "." matches only a pattern that does; **
/// enters no hidden folder and follows no links to folders. With ** only files match. Folders that
/// cannot be read match nothing.
GlobMatches expand_glob(const std::string& pattern);

}  // namespace attune::batch
