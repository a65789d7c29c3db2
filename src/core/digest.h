#pragma once

#include <filesystem>
#include <span>
#include <string>

namespace attune {

enum class DigestKind { kSha1, kSha256 };

/// Lower-case hexadecimal digest (FIPS 180-4) of bytes in memory.
std::string digest(DigestKind kind, std::span<const std::byte> bytes);

/// The same of a file's content. Throws Error(kInput) when the file cannot be read.
std::string digest_file(DigestKind kind, const std::filesystem::path& path);

}  // namespace attune
