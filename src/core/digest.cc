#include "core/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>

#include "core/error.h"

namespace attune {
namespace {

class Digest {
 public:
  explicit Digest(DigestKind kind) : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    const EVP_MD* algorithm = kind == DigestKind::kSha1 ? EVP_sha1() : EVP_sha256();
    if (!context_ || EVP_DigestInit_ex(context_.get(), algorithm, nullptr) != 1)
      throw Error(ErrorKind::kInternal,
                  "the OpenSSL library refuses SHA-1 or SHA-256; its configuration may forbid it");
  }

  void update(const void* data, std::size_t size) { EVP_DigestUpdate(context_.get(), data, size); }

  std::string finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned int length = 0;
    EVP_DigestFinal_ex(context_.get(), bytes.data(), &length);
    std::string hex;
    for (unsigned int i = 0; i < length; ++i) hex += fmt::format("{:02x}", bytes[i]);
    return hex;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string digest(DigestKind kind, std::span<const std::byte> bytes) {
  Digest digest(kind);
  digest.update(bytes.data(), bytes.size());
  return digest.finish();
}

std::string digest_file(DigestKind kind, const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorKind::kInput, fmt::format("{}: cannot be opened", path.string()));
  Digest digest(kind);
  std::array<char, 1 << 16> block{};
  while (file.read(block.data(), block.size()) || file.gcount() > 0)
    digest.update(block.data(), static_cast<std::size_t>(file.gcount()));
  return digest.finish();
}

}  // namespace attune
