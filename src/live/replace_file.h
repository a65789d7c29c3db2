#pragma once

#include <filesystem>
#include <string_view>

namespace attune::live {

/// Puts `content` in the place of the file: under a temporary name beside it, then renamed, so that
/// a reader finds the old file or the new one. Not synchronised to disk, since it is soon replaced
/// again. Throws Error(kOutput); the old file then stays.
void replace_file(const std::filesystem::path& path, std::string_view content);

}  // namespace attune::live
