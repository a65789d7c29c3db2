#include "core/sha256.h"

#include "core/digest.h"

namespace attune {

std::string sha256(std::span<const std::byte> bytes) {
  return digest(DigestKind::kSha256, bytes);
}

std::string sha256_file(const std::filesystem::path& path) {
  return digest_file(DigestKind::kSha256, path);
}

}  // namespace attune
