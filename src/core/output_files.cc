#include "core/output_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "core/descriptor.h"
#include "core/error.h"
#include "core/unique_name.h"

namespace attune {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const fs::path& path, std::string_view action, int error) {
  throw Error(ErrorKind::kOutput,
              fmt::format("{}: cannot {}: {}", path.string(), action, std::strerror(error)));
}

int open_file(const fs::path& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  if (file < 0) fail(path, "open for writing", errno);
  return file;
}

void write_all(const fs::path& path, std::string_view content) {
  const Descriptor file(open_file(path, O_WRONLY | O_CREAT | O_TRUNC));
  while (!content.empty()) {
    const ssize_t written = ::write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path, "write", errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

void sync(const fs::path& path, int flags) {
  const Descriptor file(open_file(path, flags));
  if (::fsync(file.get()) != 0 && errno != EINVAL) fail(path, "write to disk", errno);
}

}  // namespace

void sync_folder(const fs::path& folder) {
  sync(folder, O_RDONLY | O_DIRECTORY);
}

OutputFiles::OutputFiles(fs::path folder, std::string stem)
    : folder_(std::move(folder)), stem_(std::move(stem)) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) fail(folder_, "create the output folder", error.value());
  if (!fs::is_directory(folder_)) fail(folder_, "use as output folder", ENOTDIR);
  if (::access(folder_.c_str(), W_OK) != 0) fail(folder_, "write to the output folder", errno);
}

OutputFiles::~OutputFiles() {
  std::error_code ignored;
  for (const File& file : files_) fs::remove(file.temporary, ignored);
}

fs::path OutputFiles::reserve(std::string_view extension) {
  const std::string name = stem_ + std::string(extension);
  files_.push_back({folder_ / fmt::format(".{}.{}.tmp", name, unique_suffix()), folder_ / name});
  return files_.back().temporary;
}

void OutputFiles::write(std::string_view extension, std::string_view content) {
  write_all(reserve(extension), content);
}

std::vector<fs::path> OutputFiles::commit() {
  for (const File& file : files_) sync(file.temporary, O_RDONLY);
  std::vector<fs::path> paths;
  for (const File& file : files_) {
    std::error_code error;
    fs::rename(file.temporary, file.final, error);
    if (error) fail(file.final, "put in place", error.value());
    paths.push_back(file.final);
  }
  sync_folder(folder_);
  files_.clear();
  return paths;
}

}  // namespace attune
