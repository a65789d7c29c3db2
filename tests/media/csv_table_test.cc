#include "media/csv_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/error.h"

namespace attune::media {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

class CsvTableTest : public testing::Test {
 protected:
  ~CsvTableTest() override { std::filesystem::remove(file_); }

  CsvTable read(const std::string& text, const CsvColumns& columns = {}) {
    std::ofstream(file_, std::ios::binary) << text;
    return read_csv(file_, columns);
  }
  void expect_refused(const std::string& text, const std::string& saying,
                      const CsvColumns& columns = {}) {
    try {
      read(text, columns);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInput);
      EXPECT_THAT(error.what(), HasSubstr(saying));
      EXPECT_THAT(error.what(), HasSubstr(file_.string()));
    }
  }

  std::filesystem::path file_ =
      std::filesystem::temp_directory_path() /
      ("attune_csv_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
};

TEST_F(CsvTableTest, ReadsNamedColumns) {
  const CsvTable table = read("time,ax,\"a, y\"\n0.5,1,-2\n1.25,3e1,+4\n");
  EXPECT_THAT(table.names, ElementsAre("ax", "a, y"));
  EXPECT_THAT(table.times, ElementsAre(milliseconds(500), milliseconds(1250)));
  EXPECT_THAT(table.values, ElementsAre(1, -2, 30, 4));
}

TEST_F(CsvTableTest, TakesTheColumnsThatAreAskedForInThatOrder) {
  const CsvTable table = read("a;t_ms;b;c\n1;40;2;x\n3;80;4;y\n",
                              {.time = "t_ms", .time_unit = "ms", .values = {"3", "a"}});
  EXPECT_THAT(table.names, ElementsAre("b", "a"));
  EXPECT_THAT(table.times, ElementsAre(milliseconds(40), milliseconds(80)));
  EXPECT_THAT(table.values, ElementsAre(2, 1, 4, 3));
}

TEST_F(CsvTableTest, WithoutNamesTheFirstColumnIsTheTime) {
  const CsvTable table = read(
      "\xEF\xBB\xBF"
      "0\t7\r\n0\t8\r\n\r\n2\t9");
  EXPECT_THAT(table.names, ElementsAre("2"));
  EXPECT_THAT(table.times, ElementsAre(milliseconds(0), milliseconds(0), milliseconds(2000)));
  EXPECT_THAT(table.values, ElementsAre(7, 8, 9));
}

TEST_F(CsvTableTest, NamesTheLineThatIsWrong) {
  expect_refused("time,a\n0,1\n1,x\n", ":3: column 2: 'x' is no number");
  expect_refused("time,a\r\n\r\n0,1\r\n1,nan\r\n", ":4: column 2: 'nan' is no number");
  expect_refused("time,a,b\n0,1,2\n1,2\n", ":3: the row has 2 fields, column 3 is missing");
  expect_refused("time,a\n1,1\n0.5,2\n", ":3: the time 0.5 s is before that of the row above, 1 s");
  expect_refused("t,a\n0,1\n", ":1: there is no column 'time'; there are t, a");
  expect_refused("0,1\n", ":1: there is no column 'ax'; the 2 columns have no names",
                 {.values = {"ax"}});
  expect_refused("time\n0\n", ":1: there is no column beside the time");
  expect_refused("time,a\n", "has no rows of numbers");
  expect_refused("", "has no rows of numbers");
  expect_refused("time,a\n0,\"1\n", "a quote is not closed");
  expect_refused(std::string("\0\0\0\x1c"
                             "ftyp",
                             8),
                 "is no text");
  expect_refused("time,a\n0,1e39\n", ":2: column 2: '1e39' is no number");
  expect_refused("time,a\n1e30,1\n", ":2: the time is beyond 292 years");
}

TEST_F(CsvTableTest, AMissingFileIsNamed) {
  try {
    read_csv("/nowhere/rows.csv", {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/rows.csv: No such file"));
  }
}

TEST_F(CsvTableTest, AMatrixHasLinesOfOneLength) {
  std::ofstream(file_) << "1,2\n3,4\n5,6\n";
  std::int64_t rows = 0;
  EXPECT_THAT(read_csv_matrix(file_, rows), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(rows, 3);
  std::ofstream(file_) << "1,2\n3\n";
  try {
    read_csv_matrix(file_, rows);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(":2: the row has 1 fields, the first one 2"));
  }
}

}  // namespace
}  // namespace attune::media
