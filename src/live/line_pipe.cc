#include "live/line_pipe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "live/sigpipe.h"

namespace attune::live {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto kLastTry = std::chrono::seconds(1);
constexpr auto kAfterFailure = std::chrono::seconds(1);
constexpr int kPollMs = 100;

mode_t mode_of(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 ? status.st_mode : 0;
}

/// A pipe or terminal is opened a second time: O_NONBLOCK set on a copy of the descriptor would
/// hold for every process that shares it. Open for reading too, where the caller's is: that keeps a
/// FIFO without a reader.
int open_again(int descriptor) {
  const mode_t mode = mode_of(descriptor);
  const int access = ::fcntl(descriptor, F_GETFL) & O_ACCMODE;
  if (!S_ISFIFO(mode) && !S_ISCHR(mode)) return -1;
  return ::open(fmt::format("/proc/self/fd/{}", descriptor).c_str(),
                access | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

int own_descriptor(int descriptor, bool& may_block) {
  int own = open_again(descriptor);
  may_block = own < 0 && S_ISFIFO(mode_of(descriptor));
  return own >= 0 ? own : ::fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
}

bool takes_more(int descriptor, int wait_ms) {
  pollfd entry{descriptor, POLLOUT, 0};
  return ::poll(&entry, 1, wait_ms) > 0;
}

}  // namespace

LinePipe::LinePipe(int descriptor, std::string name, std::size_t waiting_lines,
                   std::size_t waiting_bytes)
    : name_(std::move(name)),
      is_socket_(S_ISSOCK(mode_of(descriptor))),
      file_(own_descriptor(descriptor, may_block_)),
      waiting_(waiting_lines, waiting_bytes) {
  if (file_.get() < 0)
    throw Error(ErrorKind::kOutput,
                fmt::format("{}: cannot be written: {}", name_, std::strerror(errno)));
  thread_ = std::thread([this] { run(); });
}

LinePipe::~LinePipe() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  if (has_more())
    attune::log()->warn("{}: nobody took the last {} events", name_,
                        waiting_.size() + (rest_.empty() ? 0 : 1));
}

void LinePipe::write(std::string line, bool is_final) {
  const std::lock_guard lock(mutex_);
  const bool is_first = !has_more();
  waiting_.push(std::move(line), is_final);
  if (is_first && flush() != Flush::kDone) changed_.notify_all();
}

LineCounts LinePipe::counts() const {
  const std::lock_guard lock(mutex_);
  LineCounts counts = counts_;
  counts.lost += waiting_.dropped();
  return counts;
}

void LinePipe::run() {
  std::unique_lock lock(mutex_);
  steady_clock::time_point end = steady_clock::time_point::max();
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || has_more(); });
    if (!has_more()) return;
    if (stopping_) end = std::min(end, steady_clock::now() + kLastTry);
    if (steady_clock::now() >= end) return;
    lock.unlock();
    takes_more(file_.get(), kPollMs);
    lock.lock();
    if (flush() != Flush::kFailed) continue;
    if (stopping_) return;
    changed_.wait_for(lock, kAfterFailure, [&] { return stopping_; });
  }
}

LinePipe::Flush LinePipe::flush() {
  while (has_more()) {
    if (rest_.empty()) rest_ = waiting_.pop();
    const ssize_t written = write_some();
    if (written < 0) {
      const int error = errno;
      if (error == EINTR) continue;
      if (error == EAGAIN || error == EWOULDBLOCK) return Flush::kWouldBlock;
      failed(error);
      if (error == EPIPE || error == ECONNRESET) lose_all();
      return Flush::kFailed;
    }
    rest_.erase(0, static_cast<std::size_t>(written));
    if (rest_.empty()) ++counts_.written;
    is_failing_ = false;
  }
  return Flush::kDone;
}

ssize_t LinePipe::write_some() {
  if (is_socket_)
    return ::send(file_.get(), rest_.data(), rest_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  const SigpipeBlocked blocked;
  if (!may_block_) return ::write(file_.get(), rest_.data(), rest_.size());
  if (!takes_more(file_.get(), 0)) {
    errno = EAGAIN;
    return -1;
  }
  // So much a pipe that takes more has room for.
  return ::write(file_.get(), rest_.data(), std::min<std::size_t>(rest_.size(), PIPE_BUF));
}

void LinePipe::lose_all() {
  if (!rest_.empty()) ++counts_.lost;
  rest_.clear();
  waiting_.clear();
}

void LinePipe::failed(int error) {
  if (is_failing_) return;
  is_failing_ = true;
  if (worth_saying(++counts_.outages))
    attune::log()->warn("{}: events cannot be written: {}; tried again with the next", name_,
                        std::strerror(error));
}

}  // namespace attune::live
