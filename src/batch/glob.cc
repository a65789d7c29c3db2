#include "batch/glob.h"

#include <fnmatch.h>

#include <algorithm>
#include <set>

namespace attune::batch {
namespace fs = std::filesystem;
namespace {

constexpr const char* kAnyFolders = "**";

bool has_wildcard(const std::string& text) {
  return text.find_first_of("*?[") != std::string::npos;
}

class Expansion {
 public:
  Expansion(std::vector<std::string> parts, bool files_only)
      : parts_(std::move(parts)), files_only_(files_only) {}

  /// What lies in `folder` and matches the parts from `part` on.
  void expand(const fs::path& folder, std::size_t part) {
    if (parts_[part] == kAnyFolders) {
      expand_any_folders(folder, part);
      return;
    }
    for (const fs::directory_entry& entry : entries(folder)) {
      if (fnmatch(parts_[part].c_str(), entry.path().filename().c_str(), FNM_PERIOD) != 0) continue;
      take(folder / entry.path().filename(), part);
    }
  }

  std::vector<fs::path> sorted_paths() const { return {paths_.begin(), paths_.end()}; }

 private:
  static std::vector<fs::directory_entry> entries(const fs::path& folder) {
    std::vector<fs::directory_entry> found;
    std::error_code error;
    fs::directory_iterator it(folder.empty() ? "." : folder, error);
    for (; !error && it != fs::directory_iterator(); it.increment(error)) found.push_back(*it);
    return found;
  }

  void expand_any_folders(const fs::path& folder, std::size_t part) {
    const bool is_last = part + 1 == parts_.size();
    if (!is_last) expand(folder, part + 1);
    for (const fs::directory_entry& entry : entries(folder)) {
      const fs::path name = entry.path().filename();
      if (name.native().starts_with('.')) continue;
      std::error_code ignored;
      if (entry.is_directory(ignored) && !entry.is_symlink(ignored)) {
        expand_any_folders(folder / name, part);
      } else if (is_last) {
        take(folder / name, part);
      }
    }
  }

  /// `path` matches all parts up to `part`.
  void take(const fs::path& path, std::size_t part) {
    std::error_code ignored;
    if (part + 1 < parts_.size()) {
      if (fs::is_directory(path, ignored)) expand(path, part + 1);
    } else if (!files_only_ || !fs::is_directory(path, ignored)) {
      paths_.insert(path.native());
    }
  }

  const std::vector<std::string> parts_;
  const bool files_only_;
  std::set<std::string> paths_;
};

}  // namespace

bool is_glob(const std::string& argument) {
  std::error_code ignored;
  return has_wildcard(argument) && !fs::exists(argument, ignored);
}

GlobMatches expand_glob(const std::string& pattern) {
  GlobMatches matches;
  std::vector<std::string> parts;
  for (const fs::path& part : fs::path(pattern)) {
    if (parts.empty() && !has_wildcard(part.native())) {
      matches.base /= part;
    } else if (!part.empty()) {
      // Two in a row mean what one does, and would take the square of its time.
      if (parts.empty() || part != kAnyFolders || parts.back() != kAnyFolders) {
        parts.push_back(part.native());
      }
    }
  }
  if (parts.empty()) return matches;
  const bool files_only = std::find(parts.begin(), parts.end(), kAnyFolders) != parts.end();
  Expansion expansion(std::move(parts), files_only);
  expansion.expand(matches.base, 0);
  matches.paths = expansion.sorted_paths();
  return matches;
}

}  // namespace attune::batch
