#include "search/index_database.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/error.h"
#include "core/log.h"

namespace attune::search {
namespace fs = std::filesystem;
namespace {

/// "atix" in the header of the file, at byte 68.
constexpr std::uint32_t kApplicationId = 0x61746978;

constexpr const char* kTables = R"(
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL UNIQUE,
  format TEXT NOT NULL,
  size INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  media TEXT NOT NULL,
  title TEXT NOT NULL,
  language TEXT NOT NULL,
  start_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL,
  first_cue INTEGER NOT NULL,
  cues INTEGER NOT NULL,
  first_event INTEGER NOT NULL,
  events INTEGER NOT NULL
);
CREATE INDEX files_in_order ON files (path, id, first_cue, cues, first_event, events);
CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE kinds (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE cues (
  id INTEGER PRIMARY KEY,
  file INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL,
  name INTEGER NOT NULL,
  text TEXT NOT NULL,
  token_times BLOB
);
CREATE INDEX cues_by_name ON cues (name);
CREATE VIRTUAL TABLE cue_text USING fts5 (
  text, tokenize = 'ascii', columnsize = 0, prefix = '1 2 3');
CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  file INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL,
  name INTEGER NOT NULL,
  text TEXT NOT NULL,
  value REAL,
  confidence REAL
);
CREATE INDEX events_by_kind ON events (kind, name);
CREATE TABLE cue_events (kind INTEGER, cue INTEGER, PRIMARY KEY (kind, cue)) WITHOUT ROWID;
)";

std::uint32_t big_endian(const char* bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

/// The folder to name in advice on how to make the index.
std::string folder_of(const fs::path& file) {
  const fs::path folder = file.parent_path();
  return folder.empty() ? "." : folder.string();
}

/// A process that died while it wrote has left a journal; opening the file puts it back as it was.
void recover(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file.string() + "-journal", ignored)) return;
  try {
    sqlite::Database(file, sqlite::OpenMode::kReadWrite).integer("PRAGMA schema_version");
  } catch (const Error& error) {
    // Whoever works on the file meets it again, and knows what to advise.
    log()->debug("{}", error.what());
  }
}

}  // namespace

IndexState index_state(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (status.type() == fs::file_type::not_found) return IndexState::kMissing;
  if (fs::is_directory(status))
    throw Error(ErrorKind::kInput, fmt::format("{}: {}", file.string(), std::strerror(EISDIR)));
  recover(file);
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    throw Error(ErrorKind::kInput, fmt::format("{}: {}", file.string(), std::strerror(errno)));
  // The header of SQLite's file format, version 3.
  std::array<char, 100> header{};
  stream.read(header.data(), header.size());
  if (stream.gcount() == 0) return IndexState::kEmpty;
  const bool sqlite = std::memcmp(header.data(), "SQLite format 3", 16) == 0;
  if (!sqlite || big_endian(&header[68]) != kApplicationId) return IndexState::kForeign;
  return big_endian(&header[60]) == kIndexVersion ? IndexState::kCurrent
                                                  : IndexState::kOtherVersion;
}

sqlite::Database create_index(const fs::path& file, const std::string& root) {
  sqlite::Database database(file, sqlite::OpenMode::kCreate);
  sqlite::Transaction transaction(database);
  database.execute(kTables);
  database.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                               kApplicationId, kIndexVersion));
  sqlite::Statement insert = database.prepare("INSERT INTO settings VALUES ('root', ?)");
  insert.bind(1, root).run();
  transaction.commit();
  return database;
}

sqlite::Database open_index(const fs::path& file, sqlite::OpenMode mode) {
  const std::string folder = folder_of(file);
  switch (index_state(file)) {
    case IndexState::kMissing:
      throw Error(ErrorKind::kInput,
                  fmt::format("{}: there is no index; make one with: attune index {}",
                              file.string(), folder));
    case IndexState::kEmpty:
      throw Error(ErrorKind::kInput,
                  fmt::format("{}: the index is empty; fill it with: attune index {}",
                              file.string(), folder));
    case IndexState::kForeign:
      throw Error(ErrorKind::kInput,
                  fmt::format("{}: is no index of attune, or is damaged; 'attune index DIR' makes "
                              "one, once this file is out of its way",
                              file.string()));
    case IndexState::kOtherVersion:
      throw Error(ErrorKind::kInput,
                  fmt::format("{}: is an index of another version of attune; make it anew with: "
                              "attune index {} --rebuild",
                              file.string(), folder));
    case IndexState::kCurrent:
      break;
  }
  return {file, mode};
}

std::string index_root(sqlite::Database& database) {
  sqlite::Statement select = database.prepare("SELECT value FROM settings WHERE name = 'root'");
  return select.step() ? select.text(0) : "";
}

}  // namespace attune::search
