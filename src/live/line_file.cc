#include "live/line_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/log.h"

namespace attune::live {
namespace fs = std::filesystem;
namespace {

fs::path numbered(const fs::path& path, int number) {
  return path.string() + "." + std::to_string(number);
}

ssize_t write_some(int file, std::string_view text) {
  ssize_t written = 0;
  do {
    written = ::write(file, text.data(), text.size());
  } while (written < 0 && errno == EINTR);
  return written;
}

}  // namespace

LineFile::LineFile(LineFileOptions options)
    : options_(std::move(options)), waiting_(options_.waiting_lines, options_.waiting_bytes) {
  std::error_code ignored;
  if (options_.path.has_parent_path()) fs::create_directories(options_.path.parent_path(), ignored);
  if (!open())
    throw Error(ErrorKind::kOutput, fmt::format("{}: cannot be opened to append events: {}",
                                                options_.path.string(), std::strerror(errno)));
  flush();
}

void LineFile::write(std::string line, bool is_final) {
  waiting_.push(std::move(line), is_final);
  flush();
}

void LineFile::reopen() {
  if (is_begun_) {
    // Its beginning stays in the old file.
    rest_.clear();
    is_begun_ = false;
    ++counts_.lost;
  }
  file_.reset();
  flush();
}

LineCounts LineFile::counts() const {
  LineCounts counts = counts_;
  counts.lost += waiting_.dropped();
  return counts;
}

bool LineFile::open() {
  // Reading is for the last byte alone. O_NONBLOCK: a device or a FIFO must not hold the feed up.
  file_.emplace(::open(options_.path.c_str(),
                       O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666));
  struct stat status {};
  if (file_->get() < 0 || ::fstat(file_->get(), &status) != 0) {
    const int error = errno;
    file_.reset();
    errno = error;
    return false;
  }
  is_regular_ = S_ISREG(status.st_mode);
  size_ = is_regular_ ? static_cast<std::uint64_t>(status.st_size) : 0;
  rotate_at_ = options_.max_bytes;
  char last = '\n';
  torn_ = is_regular_ && size_ > 0 && ::pread(file_->get(), &last, 1, status.st_size - 1) == 1 &&
          last != '\n';
  return true;
}

void LineFile::flush() {
  while (true) {
    if (!file_ && !open()) return failed(errno);
    if (torn_ && !mend()) return failed(errno);
    if (rest_.empty()) {
      if (waiting_.empty()) break;
      const bool is_full = rotate_at_ > 0 && size_ + waiting_.front().size() > rotate_at_;
      if (is_full && size_ > 0 && is_regular_) {
        rotate();
        continue;
      }
      rest_ = waiting_.pop();
    }
    if (!write_rest()) return failed(errno);
  }
  recovered();
}

bool LineFile::write_rest() {
  while (!rest_.empty()) {
    const ssize_t written = write_some(file_->get(), rest_);
    if (written < 0) return false;
    size_ += static_cast<std::uint64_t>(written);
    rest_.erase(0, static_cast<std::size_t>(written));
    is_begun_ = !rest_.empty();
  }
  ++counts_.written;
  return true;
}

bool LineFile::mend() {
  if (write_some(file_->get(), "\n") != 1) return false;
  ++size_;
  torn_ = false;
  return true;
}

bool LineFile::is_at_path() const {
  struct stat open {};
  struct stat named {};
  return ::fstat(file_->get(), &open) == 0 && ::stat(options_.path.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

void LineFile::rotate() {
  // Another program may have moved the file already; then there is nothing to move.
  if (is_at_path()) {
    if (!move_old_files()) {
      const int error = errno;
      attune::log()->warn("{}: cannot be moved to {}: {}; it grows on", options_.path.string(),
                          numbered(options_.path, 1).filename().string(), std::strerror(error));
      rotate_at_ = size_ + waiting_.front().size() + options_.max_bytes;
      return;
    }
    ++counts_.rotations;
  }
  file_.reset();
}

bool LineFile::move_old_files() const {
  if (options_.keep <= 0) return ::unlink(options_.path.c_str()) == 0;
  for (int i = options_.keep - 1; i >= 1; --i) {
    const int result =
        std::rename(numbered(options_.path, i).c_str(), numbered(options_.path, i + 1).c_str());
    if (result != 0 && errno != ENOENT) return false;
  }
  return std::rename(options_.path.c_str(), numbered(options_.path, 1).c_str()) == 0;
}

void LineFile::failed(int error) {
  if (is_failing_) return;
  is_failing_ = true;
  if (worth_saying(++counts_.outages))
    attune::log()->warn(
        "{}: events cannot be written: {}; up to {} are kept and tried again with each new one",
        options_.path.string(), std::strerror(error), options_.waiting_lines);
}

void LineFile::recovered() {
  if (!is_failing_) return;
  is_failing_ = false;
  if (worth_saying(counts_.outages))
    attune::log()->info("{}: events are written again; {} have been lost so far",
                        options_.path.string(), counts().lost);
}

}  // namespace attune::live
