#include "batch/part_folder.h"

#include <fmt/format.h>

#include <charconv>
#include <system_error>

#include "core/error.h"
#include "core/output_files.h"

namespace attune::batch {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const fs::path& path, std::string_view action,
                       const std::error_code& error) {
  throw Error(ErrorKind::kOutput,
              fmt::format("{}: cannot {}: {}", path.string(), action, error.message()));
}

}  // namespace

PartFolder::PartFolder(const BatchFolder& folder, const fs::path& item_output,
                       const std::string& key)
    : root_(folder.state() / "parts"), item_(root_ / item_output), keyed_(item_ / key) {}

std::optional<int> PartFolder::count() const {
  std::error_code error;
  for (fs::directory_iterator entry(keyed_, error), end; entry != end; entry.increment(error)) {
    const std::string name = entry->path().stem().string();
    const auto of = name.find("-of-");
    int count = 0;
    if (of == std::string::npos || entry->path().extension() != ".part") continue;
    const char* const end_of_name = name.data() + name.size();
    if (std::from_chars(name.data() + of + 4, end_of_name, count).ptr == end_of_name && count > 1)
      return count;
  }
  return std::nullopt;
}

fs::path PartFolder::file(const PartNumber& part) const {
  return keyed_ / fmt::format("{}-of-{}.part", part.index + 1, part.count);
}

bool PartFolder::has(const PartNumber& part) const {
  std::error_code ignored;
  return fs::is_regular_file(file(part), ignored);
}

void PartFolder::publish(const fs::path& work, const PartNumber& part) const {
  std::error_code error;
  fs::create_directories(keyed_, error);
  if (error) fail(keyed_, "create the folder", error);
  for (const auto& other : fs::directory_iterator(item_, error))
    if (other.path() != keyed_) fs::remove_all(other.path(), error);
  const fs::path made = fs::directory_iterator(work)->path();
  fs::rename(made, file(part), error);
  if (error) fail(file(part), "put the part in place", error);
  sync_folder(keyed_);
}

void PartFolder::remove() const {
  std::error_code ignored;
  fs::remove_all(item_, ignored);
  // Folders above it, up to that of all parts, where nothing else is in them.
  for (fs::path folder = item_.parent_path(); folder != root_.parent_path();
       folder = folder.parent_path())
    if (!fs::remove(folder, ignored)) break;
}

}  // namespace attune::batch
