#include "core/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "core/error.h"
#include "core/log.h"

namespace attune::sqlite {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::milliseconds kBusyTimeout{5000};

ErrorKind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorKind::kInput;
    case SQLITE_IOERR:
      return code == SQLITE_IOERR_READ || code == SQLITE_IOERR_CORRUPTFS ? ErrorKind::kInput
                                                                         : ErrorKind::kOutput;
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return ErrorKind::kOutput;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::kTryLater;
    default:
      return ErrorKind::kInternal;
  }
}

/// What a person can do about it; empty where the message says enough.
std::string_view advice(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "; another program is writing to it, try again later";
    case SQLITE_FULL:
      return "; make room on the disk";
    case SQLITE_READONLY:
      return "; there is no permission to write to it or to its folder";
    default:
      return "";
  }
}

[[noreturn]] void fail(int code, const std::string& name, std::string_view action,
                       const char* message) {
  throw Error(kind_of(code), fmt::format("{}: {}: {}{}", name, action, message, advice(code)));
}

/// The start of a statement, for messages.
std::string shortened(std::string_view sql) {
  constexpr std::size_t kLongest = 60;
  return sql.size() <= kLongest ? std::string(sql) : fmt::format("{}...", sql.substr(0, kLongest));
}

int flags(OpenMode mode) {
  switch (mode) {
    case OpenMode::kReadOnly:
      return SQLITE_OPEN_READONLY;
    case OpenMode::kReadWrite:
      return SQLITE_OPEN_READWRITE;
    case OpenMode::kCreate:
      break;
  }
  return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement::Statement(sqlite3_stmt* statement, std::string file)
    : statement_(statement), file_(std::move(file)) {}

void Statement::check(int code, std::string_view action) {
  if (code == SQLITE_OK) return;
  fail(code, file_, action, sqlite3_errmsg(sqlite3_db_handle(statement_.get())));
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), parameter, value), "binding a number");
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  check(sqlite3_bind_double(statement_.get(), parameter, value), "binding a number");
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view value) {
  // A null pointer would bind NULL.
  const char* data = value.data() == nullptr ? "" : value.data();
  check(sqlite3_bind_text64(statement_.get(), parameter, data, value.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8),
        "binding a text");
  return *this;
}

Statement& Statement::bind(int parameter, std::nullptr_t) {
  check(sqlite3_bind_null(statement_.get(), parameter), "binding NULL");
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes) {
  const char* data = bytes.data() == nullptr ? "" : bytes.data();
  check(sqlite3_bind_blob64(statement_.get(), parameter, data, bytes.size(), SQLITE_TRANSIENT),
        "binding bytes");
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  const char* sql = sqlite3_sql(statement_.get());
  // The message is the connection's: read before the reset that a failed statement needs.
  const int extended = sqlite3_extended_errcode(sqlite3_db_handle(statement_.get()));
  const std::string message = sqlite3_errmsg(sqlite3_db_handle(statement_.get()));
  sqlite3_reset(statement_.get());
  fail(extended, file_, shortened(sql), message.c_str());
}

void Statement::run() {
  while (step()) {
  }
}

void Statement::reset() {
  // Repeats the error of the last step, which has been thrown already.
  sqlite3_reset(statement_.get());
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::int64(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string Statement::text(int column) const {
  return std::string(view(column));
}

std::string_view Statement::view(int column) const {
  const bool is_blob = sqlite3_column_type(statement_.get(), column) == SQLITE_BLOB;
  const void* data = is_blob ? sqlite3_column_blob(statement_.get(), column)
                             : sqlite3_column_text(statement_.get(), column);
  // After the conversion to text, as SQLite asks.
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr
             ? std::string_view()
             : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close(database);
}

// An absolute path: ":memory:" and "file:..." are files like others.
Database::Database(const fs::path& file, OpenMode mode)
    : Database(fs::absolute(file).string(), file.string(), mode) {}

Database::Database(const std::string& file, std::string name, OpenMode mode)
    : name_(std::move(name)) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &opened, flags(mode), nullptr);
  database_.reset(opened);
  if (opened == nullptr) throw Error(ErrorKind::kInternal, "out of memory");
  sqlite3_extended_result_codes(opened, 1);
  if (code != SQLITE_OK) fail(code, name_, "opening the database", sqlite3_errmsg(opened));
  set_busy_timeout(kBusyTimeout);
}

Database Database::in_memory() {
  return Database(":memory:", "memory", OpenMode::kCreate);
}

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, name_, shortened(sql), sqlite3_errmsg(database_.get()));
}

Statement Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) fail(code, name_, shortened(sql), sqlite3_errmsg(database_.get()));
  if (statement == nullptr) throw Error(ErrorKind::kInternal, "an empty SQL statement");
  return {statement, name_};
}

std::int64_t Database::integer(std::string_view sql) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.int64(0) : 0;
}

std::int64_t Database::last_insert_id() const {
  return sqlite3_last_insert_rowid(database_.get());
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(database_.get());
}

std::int64_t Database::total_changes() const {
  return sqlite3_total_changes64(database_.get());
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(database_.get()) == 0;
}

void Database::set_busy_timeout(std::chrono::milliseconds timeout) {
  sqlite3_busy_timeout(database_.get(), static_cast<int>(timeout.count()));
}

void Database::use_write_ahead_log() {
  execute("PRAGMA journal_mode = WAL");
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  // Some errors (a full disk) have rolled it back already.
  if (!database_.in_transaction()) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const std::exception& error) {
    log()->error("{}", error.what());
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
}

}  // namespace attune::sqlite
