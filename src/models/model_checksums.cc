#include "models/model_checksums.h"

#include <fmt/format.h>

#include <fstream>

#include "core/error.h"
#include "core/sha1.h"
#include "core/sha256.h"
#include "models/pending_file.h"

namespace attune::models {
namespace {

namespace fs = std::filesystem;

constexpr const char* kListing = "SHA256SUMS";

}  // namespace

bool has_checksum(const ModelInfo& info) {
  return !info.sha256.empty() || !info.sha1.empty();
}

std::string sha256_of(const fs::path& path) {
  try {
    return sha256_file(path);
  } catch (const Error& error) {
    throw Error(ErrorKind::kModel, error.what());
  }
}

std::string listed_checksum(const fs::path& folder, const std::string& file) {
  std::ifstream sums(folder / kListing);
  for (std::string sum, name; sums >> sum >> name;)
    if (name == file || name == "*" + file) return sum;
  return {};
}

void record_checksum(const fs::path& folder, const std::string& file, const std::string& sha256) {
  std::string lines;
  std::ifstream sums(folder / kListing);
  for (std::string sum, name; sums >> sum >> name;)
    if (name != file && name != "*" + file) lines += fmt::format("{}  {}\n", sum, name);
  PendingFile pending(folder / kListing);
  std::ofstream stream(pending.path());
  stream << lines << fmt::format("{}  {}\n", sha256, file);
  stream.close();
  if (!stream)
    throw Error(ErrorKind::kOutput,
                fmt::format("{}: cannot be written", (folder / kListing).string()));
  pending.keep();
}

std::string difference(const ModelInfo& info, const std::string& recorded, const fs::path& path,
                       const std::string& sha256) {
  // What a publisher states comes first; a record only says what came at the first pull.
  if (info.sha256.empty() && !info.sha1.empty() && sha256 != recorded) {
    const std::string sha1 = sha1_file(path);
    return sha1 == info.sha1 ? ""
                             : fmt::format("SHA-1 is {} where {} is expected", sha1, info.sha1);
  }
  const std::string& expected = info.sha256.empty() ? recorded : info.sha256;
  if (expected.empty() || sha256 == expected) return "";
  return fmt::format("SHA-256 is {} where {} is expected", sha256, expected);
}

}  // namespace attune::models
