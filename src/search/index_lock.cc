#include "search/index_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace attune::search {

IndexLock::IndexLock(const std::filesystem::path& index) : file_(index.string() + ".lock") {
  while (!lock(index)) {
  }
}

bool IndexLock::lock(const std::filesystem::path& index) {
  const int descriptor = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0)
    throw Error(ErrorKind::kOutput, fmt::format("{}: {}", file_, std::strerror(errno)));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int code = errno;
    ::close(descriptor);
    throw Error(code == EWOULDBLOCK ? ErrorKind::kTryLater : ErrorKind::kOutput,
                code == EWOULDBLOCK
                    ? fmt::format("{}: another 'attune index' is at work on it; wait for its end",
                                  index.string())
                    : fmt::format("{}: {}", file_, std::strerror(code)));
  }
  struct stat opened {};
  struct stat named {};
  const bool same = ::fstat(descriptor, &opened) == 0 && ::stat(file_.c_str(), &named) == 0 &&
                    opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
  if (same)
    descriptor_ = descriptor;
  else
    ::close(descriptor);
  return same;
}

IndexLock::~IndexLock() {
  ::unlink(file_.c_str());
  ::close(descriptor_);
}

}  // namespace attune::search
