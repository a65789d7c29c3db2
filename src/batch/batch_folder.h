#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "batch/record.h"

namespace attune::batch {

using RecordVisitor = std::function<void(const Record&)>;
/// Takes a sentence that names the file.
using ProblemVisitor = std::function<void(const std::string&)>;

/// The output folder of a batch on disk:
///
///     OUT/show/ep1.mp4/            results of one item, there whole or not at all
///     OUT/show/ep1.mp4/.done.json  what was done to get them
///     OUT/.attune/failed/show/ep1.mp4.json   record of an item that failed
///     OUT/.attune/batch.json       pipeline and settings, for retry-failed
///     OUT/.attune/ledger*.sqlite   the same records as a table
///     OUT/.attune/work/            what workers are writing
///
/// Several machines may share it when each has a shard of its own.
class BatchFolder {
 public:
  /// Looks at nothing yet.
  explicit BatchFolder(std::filesystem::path output) : output_(std::move(output)) {}

  const std::filesystem::path& output() const { return output_; }
  std::filesystem::path state() const { return output_ / ".attune"; }
  std::filesystem::path settings_file() const { return state() / "batch.json"; }
  std::filesystem::path results(const std::filesystem::path& item_output) const {
    return output_ / item_output;
  }
  std::filesystem::path done_record(const std::filesystem::path& item_output) const {
    return results(item_output) / ".done.json";
  }
  std::filesystem::path failure_record(const std::filesystem::path& item_output) const;

  /// The record of an item, done or failed; nothing when there is none that can be read.
  std::optional<Record> record_of(const std::filesystem::path& item_output) const;

  /// Puts the files of `work`, a folder of this batch, in place as the results of the item, with
  /// the record beside them: after a crash at any moment there are the old results or the new ones.
  /// `work` is gone afterwards. Throws Error(kOutput), and Error(kUsage) when something stands
  /// there that attune batch did not make.
  void publish(const std::filesystem::path& work, const Record& record) const;

  void write_failure(const Record& record) const;
  void remove_failure(const std::filesystem::path& item_output) const;

  /// Records of the items that failed, in order of their outputs; unreadable ones are left out.
  std::vector<Record> failures() const;

  /// Calls `visit` for every record, done and failed, and tells what cannot be read to `problem`.
  void for_each_record(const RecordVisitor& visit, const ProblemVisitor& problem) const;

 private:
  void for_each_failure(const RecordVisitor& visit, const ProblemVisitor& problem) const;

  std::filesystem::path output_;
};

/// Holds the right to be the one that works on a shard of a batch, and its folder for workers.
class BatchLock {
 public:
  /// `label` is "all" or names the shard: "3-of-40". Makes the folders and removes what an earlier
  /// run of the shard left in its work folder. Throws Error(kTryLater) when another process has
  /// the shard, Error(kOutput) when the folder cannot be written.
  BatchLock(const BatchFolder& folder, const std::string& label);
  ~BatchLock();
  BatchLock(const BatchLock&) = delete;
  BatchLock& operator=(const BatchLock&) = delete;

  /// A new empty folder on the same file system as the results.
  std::filesystem::path new_work_folder();

 private:
  std::filesystem::path work_;
  int descriptor_ = -1;
  int next_ = 0;
};

/// Writes a file whole or not at all, through to the disk. Throws Error(kOutput).
void write_whole(const std::filesystem::path& file, const std::string& content);

}  // namespace attune::batch
