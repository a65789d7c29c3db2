#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "batch/batch_folder.h"
#include "batch/record.h"
#include "core/sqlite.h"

namespace attune::batch {

/// What the ledger holds of a record.
struct LedgerRow {
  std::string output;
  std::string input;
  /// Empty class: done.
  std::string failure_class;
  std::string message;
  int attempts = 0;
  int exit_code = 0;
  double wall_seconds = 0;
  double media_seconds = 0;
  std::uint64_t peak_memory_bytes = 0;
  /// "2026-11-28T02:04:05Z".
  std::string started;
  std::string host;
  std::string shard;

  bool is_done() const { return failure_class.empty(); }
};

LedgerRow to_row(const Record& record);

/// The records of one shard of a batch as a table, for questions about all of them: a copy of the
/// records on disk that may be lost at any time. Table `items`; anyone may read it with sqlite3.
/// Each shard writes a file of its own, as SQLite's locks cannot be relied on across machines.
class Ledger {
 public:
  /// Opens or makes OUT/.attune/ledger-LABEL.sqlite; one that is damaged or of another version is
  /// made anew, empty. Throws Error(kOutput).
  Ledger(const BatchFolder& folder, const std::string& label);

  void put(const Record& record);
  /// Several at once; those that the ledger has already, by output and start, are left as they are.
  void put_missing(const std::vector<Record>& records);

 private:
  sqlite::Database database_;
};

/// The rows of all shards; of several about one item the latest. Without any ledger, or with
/// `rebuild`, it is made from the records on disk; what cannot be read is told to `problem`.
std::vector<LedgerRow> read_ledgers(const BatchFolder& folder, bool rebuild,
                                    const std::function<void(const std::string&)>& problem);

}  // namespace attune::batch
