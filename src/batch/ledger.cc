#include "batch/ledger.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "core/error.h"

namespace attune::batch {
namespace fs = std::filesystem;
namespace {

constexpr int kVersion = 1;
constexpr const char* kPrefix = "ledger-";
constexpr const char* kColumns =
    "output, input, failure_class, message, attempts, exit_code, wall, media, peak_memory, "
    "started, host, shard";

fs::path ledger_file(const BatchFolder& folder, const std::string& label) {
  return folder.state() / (kPrefix + label + ".sqlite");
}

void prepare(sqlite::Database& database) {
  const auto version = database.integer("PRAGMA user_version");
  if (version != 0 && version != kVersion)
    throw Error(ErrorKind::kInput, database.name() + ": of another version");
  // The records on disk are what must survive a power cut; this is a copy.
  database.execute(
      fmt::format("PRAGMA synchronous = OFF;"
                  "CREATE TABLE IF NOT EXISTS items (output TEXT PRIMARY KEY, input TEXT,"
                  "  failure_class TEXT, message TEXT, attempts INTEGER, exit_code INTEGER,"
                  "  wall REAL, media REAL, peak_memory INTEGER, started TEXT, host TEXT,"
                  "  shard TEXT);"
                  "PRAGMA user_version = {}",
                  kVersion));
}

sqlite::Database open_or_replace(const fs::path& file) {
  try {
    sqlite::Database database(file, sqlite::OpenMode::kCreate);
    prepare(database);
    return database;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kInput) throw;
  }
  std::error_code ignored;
  for (const char* suffix : {"", "-journal", "-wal", "-shm"})
    fs::remove(file.string() + suffix, ignored);
  sqlite::Database database(file, sqlite::OpenMode::kCreate);
  prepare(database);
  return database;
}

void insert(sqlite::Statement& statement, const LedgerRow& row) {
  statement.bind(1, std::string_view(row.output))
      .bind(2, std::string_view(row.input))
      .bind(3, std::string_view(row.failure_class))
      .bind(4, std::string_view(row.message))
      .bind(5, row.attempts)
      .bind(6, row.exit_code)
      .bind(7, row.wall_seconds)
      .bind(8, row.media_seconds)
      .bind(9, row.peak_memory_bytes)
      .bind(10, std::string_view(row.started))
      .bind(11, std::string_view(row.host))
      .bind(12, std::string_view(row.shard));
  statement.run();
}

sqlite::Statement inserter(sqlite::Database& database) {
  return database.prepare(
      fmt::format("INSERT OR REPLACE INTO items ({}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", kColumns));
}

std::vector<LedgerRow> rows_of(sqlite::Database& database) {
  std::vector<LedgerRow> rows;
  auto select = database.prepare(fmt::format("SELECT {} FROM items ORDER BY output", kColumns));
  while (select.step()) {
    rows.push_back({select.text(0), select.text(1), select.text(2), select.text(3),
                    static_cast<int>(select.int64(4)), static_cast<int>(select.int64(5)),
                    select.real(6), select.real(7), static_cast<std::uint64_t>(select.int64(8)),
                    select.text(9), select.text(10), select.text(11)});
  }
  return rows;
}

std::vector<fs::path> ledger_files(const BatchFolder& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder.state(), error), end; entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (name.starts_with(kPrefix) && name.ends_with(".sqlite")) files.push_back(entry->path());
  }
  return files;
}

using RowsByOutput = std::map<std::string, LedgerRow>;

void keep_latest(RowsByOutput& rows, LedgerRow row) {
  const auto [entry, added] = rows.try_emplace(row.output, row);
  if (!added && entry->second.started < row.started) entry->second = std::move(row);
}

/// False where one of the ledgers cannot be read.
bool collect(const BatchFolder& folder, RowsByOutput& rows,
             const std::function<void(const std::string&)>& problem) {
  bool whole = true;
  for (const fs::path& file : ledger_files(folder)) {
    try {
      sqlite::Database database(file, sqlite::OpenMode::kReadOnly);
      for (LedgerRow& row : rows_of(database)) keep_latest(rows, std::move(row));
    } catch (const Error& error) {
      problem(error.what());
      whole = false;
    }
  }
  return whole;
}

}  // namespace

LedgerRow to_row(const Record& record) {
  LedgerRow row;
  row.output = record.item.output.string();
  row.input = record.item.input;
  if (record.failure) {
    row.failure_class = name(record.failure->kind);
    row.message = record.failure->message;
  }
  row.attempts = record.attempts;
  row.exit_code = record.exit_code;
  row.wall_seconds = to_seconds(record.wall);
  row.media_seconds = to_seconds(record.media);
  row.peak_memory_bytes = record.peak_memory_bytes;
  row.started = format_utc(record.started);
  row.host = record.host;
  row.shard = record.shard;
  return row;
}

Ledger::Ledger(const BatchFolder& folder, const std::string& label)
    : database_(open_or_replace(ledger_file(folder, label))) {}

void Ledger::put(const Record& record) {
  auto statement = inserter(database_);
  insert(statement, to_row(record));
}

void Ledger::put_missing(const std::vector<Record>& records) {
  std::map<std::string, std::string> known;
  auto select = database_.prepare("SELECT output, started FROM items");
  while (select.step()) known.emplace(select.text(0), select.text(1));
  sqlite::Transaction transaction(database_);
  auto statement = inserter(database_);
  for (const Record& record : records) {
    const LedgerRow row = to_row(record);
    const auto found = known.find(row.output);
    if (found == known.end() || found->second != row.started) insert(statement, row);
  }
  transaction.commit();
}

std::vector<LedgerRow> read_ledgers(const BatchFolder& folder, bool rebuild,
                                    const std::function<void(const std::string&)>& problem) {
  RowsByOutput rows;
  const bool whole = !rebuild && !ledger_files(folder).empty() && collect(folder, rows, problem);
  if (!whole) {
    rows.clear();
    folder.for_each_record([&](const Record& record) { keep_latest(rows, to_row(record)); },
                           problem);
  }
  std::vector<LedgerRow> result;
  for (auto& [output, row] : rows) result.push_back(std::move(row));
  return result;
}

}  // namespace attune::batch
