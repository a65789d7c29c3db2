#include "search/file_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>

#include "core/error.h"

namespace attune::search {
namespace fs = std::filesystem;
namespace {

/// Higher for a format that holds more.
int richness(const captions::Format& format) {
  return std::popcount(format.holds);
}

bool is_preferred(const CaptionFile& a, const CaptionFile& b) {
  if (richness(*a.format) != richness(*b.format)) return richness(*a.format) > richness(*b.format);
  return a.format != b.format ? a.format < b.format : a.path < b.path;
}

class Scanner {
 public:
  explicit Scanner(const fs::path& root) : root_(root) {}

  FileScan scan() {
    std::vector<std::string> folders{""};
    while (!folders.empty()) {
      const std::string folder = std::move(folders.back());
      folders.pop_back();
      std::vector<std::string> below = list(folder);
      // The last is taken next: folders come in order of their names.
      std::sort(below.rbegin(), below.rend());
      folders.insert(folders.end(), below.begin(), below.end());
    }
    return std::move(result_);
  }

 private:
  /// Adds the folder's files, and returns the folders in it.
  std::vector<std::string> list(const std::string& folder) {
    std::vector<std::string> below;
    std::map<std::string, Stem> stems;
    std::error_code error;
    fs::directory_iterator entry(root_ / folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      const std::string path = folder.empty() ? name : folder + '/' + name;
      std::error_code ignored;
      const fs::file_type type = entry->symlink_status(ignored).type();
      if (type == fs::file_type::directory) {
        below.push_back(path);
        continue;
      }
      if (type == fs::file_type::symlink && fs::is_directory(entry->path(), ignored)) continue;
      const captions::Format* format = captions::format_of(name, {});
      if (format == nullptr || format->read == nullptr) continue;
      stems[name.substr(0, name.size() - format->extension.size())].push_back({path, format});
    }
    if (error) result_.unread.push_back({folder, error.message()});
    for (auto& [name, files] : stems) {
      std::sort(files.begin(), files.end(), is_preferred);
      result_.stems.push_back(std::move(files));
    }
    return below;
  }

  const fs::path& root_;
  FileScan result_;
};

}  // namespace

FileScan scan(const fs::path& root) {
  std::error_code error;
  if (!fs::is_directory(root, error))
    throw Error(ErrorKind::kInput,
                fmt::format("{}: {}", root.string(), error ? error.message() : "is no folder"));
  return Scanner(root).scan();
}

bool is_unread(const FileScan& scan, std::string_view path) {
  return std::any_of(scan.unread.begin(), scan.unread.end(), [&](const UnreadFolder& folder) {
    return folder.path.empty() || path.starts_with(folder.path + '/');
  });
}

}  // namespace attune::search
