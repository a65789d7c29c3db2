// Files that are no index, or one no longer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive.h"
#include "core/sqlite.h"

namespace attune::search {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

TEST(IndexFile, WhatIsNoIndexIsLeftAloneAndNamed) {
  const Archive archive;
  archive.write("a.srt", srt({"text"}));
  const auto kinds = [&](const std::string& expected_update, const std::string& expected_search) {
    for (const bool update : {true, false}) {
      try {
        update ? (void)archive.update() : (void)archive.find("text");
        ADD_FAILURE() << "no error";
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), update ? ErrorKind::kOutput : ErrorKind::kInput);
        EXPECT_THAT(error.what(), HasSubstr(update ? expected_update : expected_search));
        EXPECT_THAT(error.what(), HasSubstr("attune-index.sqlite"));
      }
    }
  };
  archive.write("attune-index.sqlite", "precious");
  kinds("is no index of attune", "is no index of attune");
  EXPECT_EQ(fs::file_size(archive.index()), 8u);
  fs::remove(archive.index());
  sqlite::Database(archive.index(), sqlite::OpenMode::kCreate).execute("CREATE TABLE precious (a)");
  kinds("is no index of attune", "is no index of attune");
  fs::remove(archive.index());
  EXPECT_THROW(archive.find("text"), Error);

  // Of another version: refused by search, made anew by the update.
  archive.update();
  sqlite::Database(archive.index(), sqlite::OpenMode::kReadWrite)
      .execute("PRAGMA user_version = 9");
  try {
    archive.find("text");
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("another version"));
    EXPECT_THAT(error.what(), HasSubstr("--rebuild"));
  }
  EXPECT_EQ(archive.update().added, 1u);
  EXPECT_EQ(archive.find("text").total, 1u);
}

TEST(IndexFile, DamageIsSaidAndMadeGood) {
  const Archive archive;
  for (int i = 0; i < 50; ++i)
    archive.write(std::to_string(i) + ".srt", srt({"text " + std::to_string(i)}));
  archive.update();
  const auto size = fs::file_size(archive.index());
  {
    std::fstream file(archive.index(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    const std::string noise(size - 4096, '\x5a');
    file << noise;
  }
  try {
    archive.find("text");
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput);
    EXPECT_THAT(error.what(), HasSubstr("--rebuild"));
  }
  try {
    archive.update();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("--rebuild"));
  }
  archive.update(true);
  EXPECT_EQ(archive.find("text").total, 50u);
}

}  // namespace
}  // namespace attune::search
