#include "live/replace_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/descriptor.h"
#include "core/error.h"
#include "core/unique_name.h"

namespace attune::live {
namespace {

/// 0, or the errno of what failed.
int write_new(const std::filesystem::path& path, std::string_view content) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) return errno;
  while (!content.empty()) {
    const ssize_t written = ::write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

void replace_file(const std::filesystem::path& path, std::string_view content) {
  const auto temporary =
      path.parent_path() / fmt::format(".{}.{}.tmp", path.filename().string(), unique_suffix());
  int error = write_new(temporary, content);
  if (error == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return;
  ::unlink(temporary.c_str());
  throw Error(ErrorKind::kOutput,
              fmt::format("{}: cannot be written: {}", path.string(), std::strerror(error)));
}

}  // namespace attune::live
