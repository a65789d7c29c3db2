#pragma once

#include <filesystem>
#include <span>
#include <string>

namespace attune {

/// Lower-case hexadecimal SHA-256 (FIPS 180-4) of bytes in memory.
std::string sha256(std::span<const std::byte> bytes);

/// The same of a file's content. Throws Error(kInput) when the file cannot be read.
std::string sha256_file(const std::filesystem::path& path);

}  // namespace attune
