#include "models/model_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "core/sha256.h"
#include "tests/thrown_error.h"
#include "tiny_ggml.h"

namespace attune::models {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class WhisperStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ =
        fs::temp_directory_path() / ("attune-whisper-" + std::to_string(::getpid()) + "-" +
                                     testing::UnitTest::GetInstance()->current_test_info()->name());
    folders_.own = root_ / "own";
    folders_.search = {folders_.own};
    folders_.mirror = (root_ / "mirror").string();
    fs::create_directories(root_ / "mirror/whisper");
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path root_;
  ModelFolders folders_;
};

TEST(WhisperCatalogue, NamesFilesAsTheirPublisherDoes) {
  const ModelInfo* model = find_model("whisper-base.en");
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(model->url,
            "https://huggingface.co/ggerganov/whisper.cpp/resolve/main/ggml-base.en.bin");
  EXPECT_EQ(model->file, "whisper/ggml-base.en.bin");
  EXPECT_EQ(model->sha1, "137c40403d78fd54d454da0f9bd998f78703390c");
  std::set<std::string> sums;
  int with_sum = 0;
  for (const ModelInfo& info : model_catalogue()) {
    if (info.role != ModelRole::kCaptioner || info.sha1.empty()) continue;
    EXPECT_THAT(info.sha1, testing::MatchesRegex("[0-9a-f]{40}"));
    EXPECT_TRUE(sums.insert(info.sha1).second) << info.name;
    ++with_sum;
  }
  EXPECT_EQ(with_sum, 13);
}

TEST_F(WhisperStoreTest, PullSaysHowToGetAMissingModel) {
  EXPECT_THAT(
      thrown_error(ErrorKind::kModel,
                   [&] { ModelStore(folders_).resolve(ModelRole::kCaptioner, "whisper-base.en"); }),
      HasSubstr("attune models pull whisper-base.en"));
  EXPECT_THAT(thrown_error(ErrorKind::kModel, [&] { ModelStore(folders_).pull("whisper-bas.en"); }),
              HasSubstr("did you mean \"whisper-base.en\"?"));
}

TEST_F(WhisperStoreTest, TheMirrorsFileMustBeThePublishersOne) {
  whisper::write_tiny_ggml(root_ / "mirror/whisper/ggml-tiny.bin");
  const auto message =
      thrown_error(ErrorKind::kModel, [&] { ModelStore(folders_).pull("whisper-tiny"); });
  EXPECT_THAT(message, HasSubstr("SHA-1"));
  EXPECT_THAT(message, HasSubstr("bd577a113a864445d4c299885e0cb97d4ba92b5f"));
  EXPECT_THAT(message, HasSubstr("ggml-tiny.bin"));
  EXPECT_FALSE(fs::exists(folders_.own / "whisper/ggml-tiny.bin"));
}

TEST_F(WhisperStoreTest, WhereNothingIsPublishedTheFirstPullCounts) {
  const fs::path file = root_ / "mirror/whisper/ggml-tiny-q5_1.bin";
  whisper::write_tiny_ggml(file);
  const ModelStore store(folders_);
  const fs::path pulled = store.pull("whisper-tiny-q5_1");
  EXPECT_EQ(store.resolve(ModelRole::kCaptioner, "auto").info.name, "whisper-tiny-q5_1");
  std::ofstream(pulled, std::ios::app) << "x";
  EXPECT_THAT(thrown_error(ErrorKind::kModel,
                           [&] { store.resolve(ModelRole::kCaptioner, "whisper-tiny-q5_1"); }),
              HasSubstr("SHA-256"));
  EXPECT_EQ(store.pull("whisper-tiny-q5_1"), pulled);
  EXPECT_NO_THROW(store.resolve(ModelRole::kCaptioner, "whisper-tiny-q5_1"));
  // Another file in its place upstream is refused as well.
  fs::remove(pulled);
  std::ofstream(file, std::ios::app) << "x";
  EXPECT_THAT(thrown_error(ErrorKind::kModel, [&] { store.pull("whisper-tiny-q5_1"); }),
              HasSubstr("SHA-256"));
}

TEST_F(WhisperStoreTest, WhatIsNoModelIsNotInstalled) {
  std::ofstream(root_ / "mirror/whisper/ggml-tiny-q5_1.bin") << "<html>Not found</html>";
  thrown_error(ErrorKind::kModel, [&] { ModelStore(folders_).pull("whisper-tiny-q5_1"); });
  EXPECT_FALSE(fs::exists(folders_.own / "whisper/ggml-tiny-q5_1.bin"));
}

TEST_F(WhisperStoreTest, AFileUnderANewNameIsACaptioner) {
  whisper::write_tiny_ggml(root_ / "my.bin");
  const ModelStore store(folders_);
  const auto model = store.import(root_ / "my.bin", "my-whisper");
  EXPECT_EQ(model.info.role, ModelRole::kCaptioner);
  EXPECT_EQ(store.resolve(ModelRole::kCaptioner, "my-whisper").path, model.path);
  EXPECT_THAT(
      thrown_error(ErrorKind::kModel, [&] { store.import(root_ / "my.bin", "whisper-tiny"); }),
      HasSubstr("SHA-1"));
}

TEST_F(WhisperStoreTest, ATruncatedFileIsNotImported) {
  whisper::write_tiny_ggml(root_ / "my.bin");
  fs::resize_file(root_ / "my.bin", fs::file_size(root_ / "my.bin") - 1000);
  EXPECT_THAT(thrown_error(ErrorKind::kModel,
                           [&] { ModelStore(folders_).import(root_ / "my.bin", "my-whisper"); }),
              HasSubstr("my.bin"));
  EXPECT_FALSE(fs::exists(folders_.own / "my-whisper"));
}

TEST_F(WhisperStoreTest, AHuggingFaceFolderStandsForItsWeights) {
  fs::create_directories(root_ / "whisper-x");
  std::ofstream(root_ / "whisper-x/model.safetensors") << "weights";
  const auto model =
      ModelStore(folders_).resolve(ModelRole::kCaptioner, (root_ / "whisper-x").string());
  EXPECT_EQ(model.info.name, "whisper-x");
  EXPECT_EQ(model.path, root_ / "whisper-x/model.safetensors");
}

}  // namespace
}  // namespace attune::models
