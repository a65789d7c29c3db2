#pragma once

#include <filesystem>
#include <string>

namespace attune {

/// Lower-case hexadecimal SHA-1 (FIPS 180-4) of a file's content: for publishers that state no
/// stronger one. Throws Error(kInput) when the file cannot be read.
std::string sha1_file(const std::filesystem::path& path);

}  // namespace attune
