#include "batch/batch_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/output_files.h"

namespace attune::batch {
namespace fs = std::filesystem;
namespace {

constexpr const char* kDoneName = ".done.json";
constexpr auto kWalkOptions = fs::directory_options::skip_permission_denied;

[[noreturn]] void fail(const fs::path& path, std::string_view action, int error) {
  throw Error(ErrorKind::kOutput,
              fmt::format("{}: cannot {}: {}", path.string(), action, std::strerror(error)));
}

void make_folders(const fs::path& folder) {
  std::error_code error;
  if (fs::is_directory(folder, error)) return;
  if (folder.has_parent_path()) make_folders(folder.parent_path());
  fs::create_directory(folder, error);
  if (error) fail(folder, "create the folder", error.value());
  sync_folder(folder.has_parent_path() ? folder.parent_path() : fs::path("."));
}

/// Whether attune may replace what stands at the place of results.
bool is_replaceable(const fs::path& results) {
  std::error_code ignored;
  return fs::exists(results / kDoneName, ignored) ||
         (fs::is_directory(results, ignored) && fs::is_empty(results, ignored));
}

void remove_tree(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) fail(folder, "remove", error.value());
}

/// Both folders stand at each moment, where the file system can exchange names; else the old one is
/// moved away first.
void exchange(const fs::path& work, const fs::path& results) {
  if (::renameat2(AT_FDCWD, work.c_str(), AT_FDCWD, results.c_str(), RENAME_EXCHANGE) == 0) return;
  if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
    fail(results, "put the results in place", errno);
  const fs::path old = work.string() + ".old";
  if (::rename(results.c_str(), old.c_str()) != 0) fail(results, "move old results away", errno);
  if (::rename(work.c_str(), results.c_str()) != 0)
    fail(results, "put the results in place", errno);
  if (::rename(old.c_str(), work.c_str()) != 0) fail(old, "rename", errno);
}

void read_into(const fs::path& file, const RecordVisitor& visit, const ProblemVisitor& problem) {
  try {
    visit(read_record(file));
  } catch (const Error& error) {
    problem(error.what());
  }
}

}  // namespace

void write_whole(const fs::path& file, const std::string& content) {
  OutputFiles files(fs::absolute(file).parent_path(), file.filename().string());
  files.write("", content);
  files.commit();
}

fs::path BatchFolder::failure_record(const fs::path& item_output) const {
  return state() / "failed" / (item_output.string() + ".json");
}

std::optional<Record> BatchFolder::record_of(const fs::path& item_output) const {
  for (const fs::path& file : {done_record(item_output), failure_record(item_output)}) {
    if (::access(file.c_str(), F_OK) != 0) continue;
    try {
      return read_record(file);
    } catch (const Error&) {
      // A record that cannot be read says nothing: the item is done anew.
    }
  }
  return std::nullopt;
}

void BatchFolder::publish(const fs::path& work, const Record& record) const {
  const fs::path place = results(record.item.output);
  std::error_code ignored;
  const bool exists = fs::exists(fs::symlink_status(place, ignored));
  if (exists && !is_replaceable(place)) {
    throw Error(ErrorKind::kUsage,
                fmt::format("{}: stands where results go and is not from attune batch: move it "
                            "away, or choose another output folder",
                            place.string()));
  }
  write_whole(work / kDoneName, to_text(record));
  make_folders(place.parent_path());
  if (exists) {
    exchange(work, place);
    remove_tree(work);
  } else if (::rename(work.c_str(), place.c_str()) != 0) {
    fail(place, "put the results in place", errno);
  }
  sync_folder(place.parent_path());
  remove_failure(record.item.output);
}

void BatchFolder::write_failure(const Record& record) const {
  write_whole(failure_record(record.item.output), to_text(record));
}

void BatchFolder::remove_failure(const fs::path& item_output) const {
  std::error_code ignored;
  fs::remove(failure_record(item_output), ignored);
}

std::vector<Record> BatchFolder::failures() const {
  std::vector<Record> records;
  for_each_failure([&](const Record& record) { records.push_back(record); },
                   [](const std::string&) {});
  std::sort(records.begin(), records.end(),
            [](const Record& a, const Record& b) { return a.item.output < b.item.output; });
  return records;
}

void BatchFolder::for_each_record(const RecordVisitor& visit, const ProblemVisitor& problem) const {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(output_, kWalkOptions, error), end; entry != end;
       entry.increment(error)) {
    if (entry.depth() == 0 && entry->path().filename() == ".attune")
      entry.disable_recursion_pending();
    else if (entry->path().filename() == kDoneName)
      read_into(entry->path(), visit, problem);
  }
  for_each_failure(visit, problem);
}

void BatchFolder::for_each_failure(const RecordVisitor& visit,
                                   const ProblemVisitor& problem) const {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(state() / "failed", kWalkOptions, error), end;
       entry != end; entry.increment(error)) {
    if (entry->is_regular_file(error) && entry->path().extension() == ".json")
      read_into(entry->path(), visit, problem);
  }
}

BatchLock::BatchLock(const BatchFolder& folder, const std::string& label)
    : work_(folder.state() / "work" / label) {
  make_folders(work_);
  const fs::path file = folder.state() / ("lock-" + label);
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(file, "open for writing", errno);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    ::close(descriptor_);
    if (error != EWOULDBLOCK) fail(file, "lock", error);
    throw Error(ErrorKind::kTryLater,
                fmt::format("{}: another attune batch is at work here; wait for it, or give each "
                            "its own --shard",
                            folder.output().string()));
  }
  for (const auto& left : fs::directory_iterator(work_)) remove_tree(left.path());
}

BatchLock::~BatchLock() {
  std::error_code ignored;
  fs::remove_all(work_, ignored);
  ::close(descriptor_);
}

fs::path BatchLock::new_work_folder() {
  const fs::path folder = work_ / std::to_string(next_++);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(folder, "create the folder", error.value());
  return folder;
}

}  // namespace attune::batch
