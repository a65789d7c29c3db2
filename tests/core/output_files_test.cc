#include "core/output_files.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/error.h"
#include "core/sha256.h"

namespace attune {
namespace {

namespace fs = std::filesystem;

class OutputFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "attune-output-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }

  fs::path folder_;
};

TEST_F(OutputFilesTest, NothingIsInPlaceBeforeCommitAndAllAfter) {
  OutputFiles outputs(folder_, "clip");
  outputs.write(".vtt", "WEBVTT\n");
  std::ofstream(outputs.reserve(".json")) << "{}";
  EXPECT_FALSE(fs::exists(folder_ / "clip.vtt"));
  const auto paths = outputs.commit();
  ASSERT_EQ(paths.size(), 2u);
  EXPECT_EQ(paths[0], folder_ / "clip.vtt");
  EXPECT_EQ(fs::file_size(folder_ / "clip.vtt"), 7u);
  EXPECT_EQ(fs::file_size(folder_ / "clip.json"), 2u);
  EXPECT_EQ(files(), 2u);
}

TEST_F(OutputFilesTest, WithoutCommitNothingIsLeftAndOldResultsStay) {
  std::ofstream(folder_ / "clip.vtt") << "old";
  {
    OutputFiles outputs(folder_, "clip");
    outputs.write(".vtt", "new content");
  }
  EXPECT_EQ(files(), 1u);
  EXPECT_EQ(fs::file_size(folder_ / "clip.vtt"), 3u);
}

TEST_F(OutputFilesTest, TwoThatWriteTheSameFileDoNotMeet) {
  // As two containers do that share the folder, whose processes have the same number.
  OutputFiles one(folder_, "clip");
  OutputFiles other(folder_, "clip");
  one.write(".vtt", "one");
  other.write(".vtt", "other");
  one.commit();
  EXPECT_EQ(fs::file_size(folder_ / "clip.vtt"), 3u);
  other.commit();
  EXPECT_EQ(fs::file_size(folder_ / "clip.vtt"), 5u);
  EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFilesTest, DiskWithoutRoomIsAnOutputErrorThatNamesTheFile) {
  // A quota takes the place of a full disk: the write fails in the same place.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit little{3, before.rlim_max};
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &little);
  std::string message;
  try {
    OutputFiles(folder_, "clip").write(".vtt", "text");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kOutput);
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, old_handler);
  EXPECT_NE(message.find("clip.vtt"), std::string::npos) << message;
  EXPECT_NE(message.find("File too large"), std::string::npos) << message;
  EXPECT_EQ(files(), 0u);
}

TEST_F(OutputFilesTest, FileInTheWayOfTheFolderIsAnOutputError) {
  std::ofstream(folder_ / "taken") << "x";
  try {
    OutputFiles outputs(folder_ / "taken", "clip");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kOutput);
    EXPECT_EQ(exit_code(error.kind()), 5);
  }
}

TEST(Sha256, AgreesWithTheStandardsExamples) {
  EXPECT_EQ(sha256({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::string abc = "abc";
  EXPECT_EQ(sha256(std::as_bytes(std::span(abc))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace attune
