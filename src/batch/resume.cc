#include "batch/resume.h"

#include <oneapi/tbb/parallel_for.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "core/error.h"
#include "core/sha256.h"

namespace attune::batch {
namespace {

bool has_same_content(const std::string& input, const std::string& sha256) {
  if (sha256.empty()) return false;
  try {
    return sha256_file(input) == sha256;
  } catch (const Error&) {
    return false;
  }
}

/// What vanished after it was done stays done. A copy of the same file has another time of change;
/// its record then takes that, so that the content is compared once.
bool is_unchanged(Record& record, const Item& item, const BatchFolder& folder) {
  const auto now = input_state(item.input);
  if (!now || record.input_state == now) return true;
  if (!record.input_state || record.input_state->size != now->size ||
      !has_same_content(item.input, record.input_sha256))
    return false;
  record.input_state = now;
  if (record.failure)
    folder.write_failure(record);
  else
    write_whole(folder.done_record(item.output), to_text(record));
  return true;
}

bool has_its_files(const Record& record, const BatchFolder& folder) {
  return std::all_of(record.files.begin(), record.files.end(), [&](const std::string& file) {
    return ::access((folder.results(record.item.output) / file).c_str(), F_OK) == 0;
  });
}

/// The record that still holds for the item.
std::optional<Record> valid_record(const Item& item, const BatchFolder& folder,
                                   const BatchOptions& options) {
  if (options.force) return std::nullopt;
  auto record = folder.record_of(item.output);
  if (!record || record->item.input != item.input) return std::nullopt;
  if (record->settings_hash != settings_hash(options.pipeline_hash, item.settings))
    return std::nullopt;
  if (record->failure && (options.retry_failed || record->failure->kind == FailureClass::kGone))
    return std::nullopt;
  if (!record->failure && !has_its_files(*record, folder)) return std::nullopt;
  if (!is_unchanged(*record, item, folder)) return std::nullopt;
  return record;
}

}  // namespace

WorkLeft work_left(const std::vector<Item>& items, const BatchFolder& folder,
                   const BatchOptions& options) {
  std::vector<std::optional<Record>> records(items.size());
  tbb::parallel_for(std::size_t{0}, items.size(),
                    [&](std::size_t i) { records[i] = valid_record(items[i], folder, options); });
  WorkLeft left;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!records[i])
      left.to_do.push_back(items[i]);
    else
      (records[i]->failure ? left.failed : left.done).push_back(std::move(*records[i]));
  }
  return left;
}

}  // namespace attune::batch
