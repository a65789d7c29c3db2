#include "core/sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <limits>

#include "core/error.h"

namespace attune::sqlite {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class SqliteTest : public ::testing::Test {
 protected:
  SqliteTest() {
    std::string pattern = (fs::temp_directory_path() / "attune_sqlite_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    file_ = folder_ / "a.sqlite";
  }
  ~SqliteTest() override { fs::remove_all(folder_); }

  /// Kind and message of what `action` throws.
  template <typename Action>
  static Error error_of(Action&& action) {
    try {
      action();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {ErrorKind::kInternal, ""};
  }

  fs::path folder_;
  fs::path file_;
};

TEST_F(SqliteTest, GivesBackWhatWasBound) {
  Database database(file_, OpenMode::kCreate);
  database.execute("CREATE TABLE t (a, b, c, d, e)");
  const std::string bytes("a\0\xff", 3);
  Statement insert = database.prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?)");
  insert.bind(1, std::numeric_limits<std::int64_t>::min())
      .bind(2, 0.1)
      .bind(3, "caf\u00E9")
      .bind(4, nullptr)
      .bind_blob(5, bytes);
  insert.run();
  EXPECT_EQ(database.last_insert_id(), 1);
  EXPECT_EQ(database.changes(), 1);
  insert.bind(1, 7).bind(2, std::optional<double>()).bind(3, std::string_view());
  insert.run();

  Statement select = database.prepare("SELECT * FROM t ORDER BY rowid");
  ASSERT_TRUE(select.step());
  EXPECT_EQ(select.int64(0), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(select.real(1), 0.1);
  EXPECT_EQ(select.text(2), "caf\u00E9");
  EXPECT_TRUE(select.is_null(3));
  EXPECT_EQ(select.view(4), bytes);
  ASSERT_TRUE(select.step());
  EXPECT_EQ(select.int64(0), 7);
  EXPECT_TRUE(select.is_null(1));
  EXPECT_FALSE(select.is_null(2)) << "an empty text is no NULL";
  EXPECT_FALSE(select.step());
  EXPECT_TRUE(select.step()) << "from the start again";
  select.reset();
  EXPECT_EQ(database.integer("SELECT count(*) FROM t"), 2);
  EXPECT_EQ(database.integer("SELECT a FROM t WHERE a = 1"), 0);
}

TEST_F(SqliteTest, ATransactionIsWholeOrNothing) {
  Database database(file_, OpenMode::kCreate);
  database.execute("CREATE TABLE t (a)");
  {
    Transaction transaction(database);
    database.execute("INSERT INTO t VALUES (1)");
  }
  EXPECT_EQ(database.integer("SELECT count(*) FROM t"), 0);
  {
    Transaction transaction(database);
    database.execute("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)");
    transaction.commit();
  }
  EXPECT_EQ(Database(file_, OpenMode::kReadOnly).integer("SELECT count(*) FROM t"), 2);
}

TEST_F(SqliteTest, AWriterThatWaitsTooLongSaysSo) {
  Database first(file_, OpenMode::kCreate);
  first.execute("CREATE TABLE t (a)");
  Database second(file_, OpenMode::kReadWrite);
  second.set_busy_timeout(std::chrono::milliseconds(10));
  const Transaction transaction(first);
  const Error error = error_of([&] { Transaction waits(second); });
  EXPECT_EQ(error.kind(), ErrorKind::kTryLater);
  EXPECT_THAT(error.what(), HasSubstr(file_.string()));
  EXPECT_THAT(error.what(), HasSubstr("another program is writing to it"));
}

TEST_F(SqliteTest, ReadersOfAWriteAheadLogSeeTheLastCommit) {
  Database writer(file_, OpenMode::kCreate);
  writer.use_write_ahead_log();
  writer.execute("CREATE TABLE t (a)");
  Database reader(file_, OpenMode::kReadOnly);
  Transaction transaction(writer);
  writer.execute("INSERT INTO t VALUES (1)");
  EXPECT_EQ(reader.integer("SELECT count(*) FROM t"), 0);
  transaction.commit();
  EXPECT_EQ(reader.integer("SELECT count(*) FROM t"), 1);
}

TEST_F(SqliteTest, FilesThatCannotBeReadAreNamed) {
  const Error missing = error_of([&] { Database(file_, OpenMode::kReadOnly); });
  EXPECT_EQ(missing.kind(), ErrorKind::kInput);
  EXPECT_THAT(missing.what(), HasSubstr(file_.string()));
  EXPECT_FALSE(fs::exists(file_));

  std::ofstream(file_) << std::string(4096, 'x');
  const Error other = error_of(
      [&] { Database(file_, OpenMode::kReadOnly).integer("SELECT count(*) FROM sqlite_schema"); });
  EXPECT_EQ(other.kind(), ErrorKind::kInput);
  EXPECT_THAT(other.what(), HasSubstr("file is not a database"));
}

TEST_F(SqliteTest, AFullDatabaseIsAnErrorOfTheOutput) {
  Database database(file_, OpenMode::kCreate);
  database.execute("CREATE TABLE t (a); PRAGMA max_page_count = 4");
  const Error error =
      error_of([&] { database.execute("INSERT INTO t VALUES (randomblob(100000))"); });
  EXPECT_EQ(error.kind(), ErrorKind::kOutput);
  EXPECT_THAT(error.what(), HasSubstr("make room"));
}

TEST_F(SqliteTest, ReadOnlyIsReadOnly) {
  Database(file_, OpenMode::kCreate).execute("CREATE TABLE t (a)");
  Database database(file_, OpenMode::kReadOnly);
  const Error error = error_of([&] { database.execute("INSERT INTO t VALUES (1)"); });
  EXPECT_EQ(error.kind(), ErrorKind::kOutput);
}

TEST_F(SqliteTest, WrongSqlIsADefectAndIsShown) {
  Database database = Database::in_memory();
  const Error error = error_of([&] { database.prepare("SELECT a FROM nowhere"); });
  EXPECT_EQ(error.kind(), ErrorKind::kInternal);
  EXPECT_THAT(error.what(), HasSubstr("SELECT a FROM"));
  EXPECT_THAT(error.what(), HasSubstr("no such table"));
  database.execute("CREATE TABLE t (a UNIQUE)");
  Statement insert = database.prepare("INSERT INTO t VALUES (1)");
  insert.run();
  EXPECT_EQ(error_of([&] { insert.run(); }).kind(), ErrorKind::kInternal);
  database.execute("DELETE FROM t");
  insert.run();
  EXPECT_EQ(database.integer("SELECT count(*) FROM t"), 1) << "usable after an error";
}

TEST_F(SqliteTest, NamesThatSqliteReadsOtherwiseAreFiles) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  for (const char* name : {":memory:", "file:b.sqlite?mode=memory", "caf\xE9\n.sqlite"}) {
    Database(name, OpenMode::kCreate).execute("CREATE TABLE t (a)");
    EXPECT_TRUE(fs::exists(folder_ / name)) << name;
  }
  fs::current_path(before);
}

}  // namespace
}  // namespace attune::sqlite
