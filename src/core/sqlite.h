#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

struct sqlite3;
struct sqlite3_stmt;

/// SQLite databases. Every call that touches one throws Error whose message names the file, what
/// was tried and SQLite's own words:
///
/// | kind      | cause                                                                       |
/// | --------- | --------------------------------------------------------------------------- |
/// | kInput    | missing, not a database, damaged, not readable                              |
/// | kOutput   | full disk, no permission to write                                           |
/// | kTryLater | in use by another program for too long                                      |
/// | kInternal | wrong SQL, a broken constraint, a call out of place: a defect of the caller |
namespace attune::sqlite {

enum class OpenMode {
  /// The file must be there; nothing is written, not even to roll back after a crash.
  kReadOnly,
  /// The file must be there.
  kReadWrite,
  /// Made where it is missing; its folder must be there.
  kCreate,
};

/// A row at a time: bind, step, read, reset. Kept by the caller for as long as it is of use, and
/// gone before its Database. Not thread-safe.
class Statement {
 public:
  /// Parameters count from 1. Text may hold any bytes; it is copied.
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, double value);
  Statement& bind(int parameter, std::string_view value);
  Statement& bind(int parameter, std::nullptr_t);
  Statement& bind_blob(int parameter, std::string_view bytes);
  template <typename Integer>
  requires std::is_integral_v<Integer> Statement& bind(int parameter, Integer value) {
    return bind(parameter, static_cast<std::int64_t>(value));
  }
  Statement& bind(int parameter, const char* value) {
    return bind(parameter, std::string_view(value));
  }
  template <typename Value>
  Statement& bind(int parameter, const std::optional<Value>& value) {
    return value ? bind(parameter, *value) : bind(parameter, nullptr);
  }

  /// True when there is a row to read, false at the end; it is then ready for another run.
  bool step();
  /// Runs to the end; for statements without rows.
  void run();
  /// Ready for another run before the end; parameters keep their values.
  void reset();

  /// Columns of the row, from 0. Values of another type are converted as SQLite does: NULL is 0 or
  /// empty.
  bool is_null(int column) const;
  std::int64_t int64(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  /// The same without a copy, text or blob; until the next step or reset.
  std::string_view view(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  Statement(sqlite3_stmt* statement, std::string file);
  void check(int code, std::string_view action);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::string file_;
};

/// One connection. Not thread-safe; several processes, or several connections of one, may use the
/// same file.
class Database {
 public:
  Database(const std::filesystem::path& file, OpenMode mode);
  /// One that is in memory and gone with the object.
  static Database in_memory();

  /// For people: the file's name, or "memory".
  const std::string& name() const { return name_; }

  /// Runs statements separated by semicolons; rows are thrown away.
  void execute(const std::string& sql);
  /// One statement. What follows it is not read.
  Statement prepare(std::string_view sql);
  /// The first column of the first row: SELECT count(*), PRAGMA user_version. 0 without a row.
  std::int64_t integer(std::string_view sql);

  std::int64_t last_insert_id() const;
  /// Rows that the last INSERT, UPDATE or DELETE changed.
  std::int64_t changes() const;
  /// Rows that were changed since it was opened, by virtual tables within themselves too.
  std::int64_t total_changes() const;
  bool in_transaction() const;

  /// How long a call waits for another program's transaction to end; 5 s at first.
  void set_busy_timeout(std::chrono::milliseconds timeout);
  /// Readers do not wait for the writer (PRAGMA journal_mode = WAL). Not for files on network
  /// shares. Stays with the file.
  void use_write_ahead_log();

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };

  Database(const std::string& file, std::string name, OpenMode mode);

  std::string name_;
  std::unique_ptr<sqlite3, Close> database_;
};

/// BEGIN IMMEDIATE ... COMMIT: the right to write is taken at the start. Rolled back by the
/// destructor where commit() was not called or failed. `database` must outlive it.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database& database_;
};

}  // namespace attune::sqlite
