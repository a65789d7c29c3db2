#include "core/sha1.h"

#include "core/digest.h"

namespace attune {

std::string sha1_file(const std::filesystem::path& path) {
  return digest_file(DigestKind::kSha1, path);
}

}  // namespace attune
