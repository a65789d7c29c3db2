#include "search/source_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <span>

#include "captions/encoding.h"
#include "captions/utf8.h"
#include "core/descriptor.h"
#include "core/error.h"
#include "core/sha256.h"

namespace attune::search {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
/// A file that was written this short a time ago may be written again within the same tick of the
/// file system's clock.
constexpr std::int64_t kTooFresh = 2 * kNanosecondsPerSecond;

[[noreturn]] void fail(const fs::path& file, std::string_view what) {
  throw Error(ErrorKind::kInput, fmt::format("{}: {}", file.string(), what));
}

bool is_utf16(std::string_view content) {
  return content.starts_with("\xFF\xFE") || content.starts_with("\xFE\xFF");
}

std::int64_t now_ns() {
  using std::chrono::nanoseconds;
  return nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

FileVersion version_from(const struct stat& status, const fs::path& file) {
  if (!S_ISREG(status.st_mode)) fail(file, "is no regular file");
  FileVersion version;
  version.size = status.st_size;
  version.modified_ns =
      std::int64_t{status.st_mtim.tv_sec} * kNanosecondsPerSecond + status.st_mtim.tv_nsec;
  if (version.modified_ns > now_ns() - kTooFresh) version.modified_ns = 0;
  return version;
}

}  // namespace

FileVersion version_of(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) fail(file, std::strerror(errno));
  return version_from(status, file);
}

SourceFile read_source(const fs::path& file) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor.get() < 0) fail(file, std::strerror(errno));
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) fail(file, std::strerror(errno));
  SourceFile source;
  source.version = version_from(status, file);
  source.content.resize(static_cast<std::size_t>(status.st_size));
  std::size_t size = 0;
  while (size < source.content.size()) {
    const ssize_t count =
        ::read(descriptor.get(), source.content.data() + size, source.content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(file, std::strerror(errno));
    if (count == 0) fail(file, "became shorter while it was read");
    size += static_cast<std::size_t>(count);
  }
  source.version.sha256 = sha256(std::as_bytes(std::span(source.content)));
  return source;
}

bool holds_captions(const captions::Format& format, std::string_view content) {
  constexpr std::size_t kHead = 4096;
  // Bytes of UTF-16 say nothing before they are decoded.
  if (is_utf16(content)) return true;
  const std::string_view head = content.substr(0, kHead);
  if (format.name == "json") return head.find("\"attune-result-") != std::string_view::npos;
  if (format.name == "ebu-tt-d")
    return head.find("<tt") != std::string_view::npos || head.find(":tt") != std::string_view::npos;
  if (format.name == "csv") {
    const std::string names = captions::ascii_lower(head.substr(0, head.find('\n')));
    return names.find("start") != std::string::npos && names.find("text") != std::string::npos;
  }
  return true;
}

Recording parse_source(const captions::Format& format, std::string content,
                       const std::string& encoding) {
  const bool other = !encoding.empty() && !is_utf16(content) && captions::invalid_utf8(content);
  return recording_of(
      format.read(captions::decode_text(std::move(content), other ? encoding : std::string())));
}

}  // namespace attune::search
