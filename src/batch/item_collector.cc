#include "batch/item_collector.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "batch/output_path.h"
#include "captions/encoding.h"
#include "captions/json_text.h"
#include "captions/utf8.h"
#include "core/error.h"
#include "media/input_check.h"

namespace attune::batch {
namespace fs = std::filesystem;
namespace {

RejectedInput readable(const std::string& origin, const std::string& message) {
  return {captions::single_line(captions::valid_utf8(origin)),
          captions::single_line(captions::valid_utf8(message))};
}

std::string quoted(const std::string& text) {
  return captions::json_string(text);
}

/// A path that no program takes for an option.
std::string without_leading_dash(const std::string& input) {
  return input.starts_with('-') ? "./" + input : input;
}

/// Throws Error(kInput) that begins with the path.
void require_readable_file(const std::string& path) {
  struct stat status {};
  const bool is_plain = ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
                        status.st_size > 0 && ::access(path.c_str(), R_OK) == 0;
  if (is_plain) return;
  media::check_local_file(path);
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::kInput,
                path + " is no file but a pipe or device; record it to a file first");
  }
}

fs::path absolute_normal(const fs::path& path) {
  fs::path normal = fs::absolute(path).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

}  // namespace

ItemCollector::ItemCollector(const fs::path& output_folder)
    : output_folder_(output_folder.empty() ? fs::path() : absolute_normal(output_folder)) {}

bool ItemCollector::is_in_output_folder(const fs::path& path) const {
  if (output_folder_.empty()) return false;
  const fs::path whole = absolute_normal(path);
  return std::mismatch(output_folder_.begin(), output_folder_.end(), whole.begin(), whole.end())
             .first == output_folder_.end();
}

void ItemCollector::reject(const std::string& origin, const std::string& message) {
  list_.rejected.push_back(readable(origin, message));
}

void ItemCollector::leave_out(const std::string& origin, const std::string& message) {
  list_.left_out.push_back(readable(origin, message));
}

void ItemCollector::add(Item item, bool names_output) {
  item.input = without_leading_dash(item.input);
  if (!is_usable(item) || is_repeated(item, names_output) || !has_free_output(item)) return;
  const std::size_t position = list_.items.size();
  by_input_.emplace(item.input, position);
  by_output_.emplace(item.output.native(), position);
  for (fs::path above = item.output.parent_path(); !above.empty(); above = above.parent_path()) {
    if (!above_outputs_.emplace(above.native(), position).second) break;
  }
  list_.items.push_back(std::move(item));
}

bool ItemCollector::is_usable(const Item& item) {
  if (captions::invalid_utf8(item.input)) {
    reject(item.origin, quoted(item.input) + " is not UTF-8: give the file a name in UTF-8");
    return false;
  }
  if (!media::is_address(item.input)) {
    try {
      require_readable_file(item.input);
    } catch (const Error& error) {
      reject(item.origin, error.what());
      return false;
    }
    if (is_in_output_folder(item.input)) {
      reject(item.origin, quoted(item.input) +
                              " lies in the output folder, and results are never taken as inputs: "
                              "choose another output folder");
      return false;
    }
  }
  if (const std::string problem = output_problem(item.output); !problem.empty()) {
    reject(
        item.origin,
        fmt::format("{}: the folder of its results, {}, {}: name one with 'output' in a manifest",
                    quoted(item.input), quoted(item.output.native()), problem));
    return false;
  }
  return true;
}

bool ItemCollector::is_repeated(const Item& item, bool names_output) {
  const auto found = by_input_.find(item.input);
  if (found == by_input_.end()) return false;
  const Item& other = list_.items[found->second];
  const bool same_output = item.output == other.output;
  if (item.settings != other.settings || (names_output && !same_output)) return false;
  leave_out(item.origin, fmt::format("{} is named already by {} and is taken once",
                                     quoted(item.input), other.origin));
  return true;
}

bool ItemCollector::has_free_output(const Item& item) {
  const auto reject_for = [&](std::size_t position, const std::string& relation) {
    const Item& other = list_.items[position];
    reject(item.origin,
           fmt::format("{} would write its results to {}, {} {} ({}): give one of them another "
                       "'output' in a manifest, or name the folder that holds both",
                       quoted(item.input), quoted(item.output.native()), relation,
                       quoted(other.input), other.origin));
    return false;
  };
  const std::string& output = item.output.native();
  if (const auto found = by_output_.find(output); found != by_output_.end()) {
    return reject_for(found->second, "as does");
  }
  if (const auto found = above_outputs_.find(output); found != above_outputs_.end()) {
    return reject_for(found->second, "which holds the results of");
  }
  for (fs::path above = item.output.parent_path(); !above.empty(); above = above.parent_path()) {
    if (const auto found = by_output_.find(above.native()); found != by_output_.end()) {
      return reject_for(found->second, "which lies among the results of");
    }
  }
  return true;
}

}  // namespace attune::batch
