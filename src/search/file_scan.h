#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "captions/formats.h"

namespace attune::search {

/// A file whose ending is one of a format that attune reads.
struct CaptionFile {
  /// Relative to the root, '/' between the parts; any bytes.
  std::string path;
  const captions::Format* format = nullptr;
};

/// Files of one folder whose names differ in the ending alone: the same captions in several
/// formats. What holds most comes first, the JSON result before all.
using Stem = std::vector<CaptionFile>;

/// A folder that could not be listed, relative to the root ("" is the root), and why.
struct UnreadFolder {
  std::string path;
  std::string reason;
};

struct FileScan {
  /// In order of their first file's folder and name.
  std::vector<Stem> stems;
  std::vector<UnreadFolder> unread;
};

/// Looks for caption files in a folder and those below. Links to files are followed, links to
/// folders are not: there are no loops, and nothing is found twice. Throws Error(kInput) where
/// `root` is no folder.
FileScan scan(const std::filesystem::path& root);

/// Whether `path` lies in a folder that was not read.
bool is_unread(const FileScan& scan, std::string_view path);

}  // namespace attune::search
