#include "models/model_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "core/sha256.h"
#include "npz.h"
#include "tests/thrown_error.h"

namespace attune::models {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ModelStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::temp_directory_path() /
            ("attune-store-" + std::to_string(::getpid()) + "-" + info->name());
    fs::create_directories(root_);
    folders_.own = root_ / "own";
    folders_.search = {folders_.own};
    folders_.mirror = (root_ / "mirror").string();
  }
  void TearDown() override { fs::remove_all(root_); }

  static void write(const fs::path& path, const std::string& content) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
  }

  /// A safetensors file with one scalar tensor of this name.
  static std::string weights_with(const std::string& tensor) {
    const std::string header =
        "{\"" + tensor + "\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    std::string file(8, '\0');
    file[0] = static_cast<char>(header.size());
    return file + header + std::string(4, '\0');
  }

  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(root_))
      if (entry.is_regular_file()) found.push_back(entry.path().lexically_relative(root_));
    return found;
  }

  fs::path root_;
  ModelFolders folders_;
};

TEST_F(ModelStoreTest, MissingWeightsNameTheCommandThatPullsThem) {
  const ModelStore store(folders_);
  EXPECT_THAT(
      thrown_error(ErrorKind::kModel, [&] { store.resolve(ModelRole::kFaceDetector, "yunet"); }),
      HasSubstr("attune models pull yunet"));
  EXPECT_THAT(
      thrown_error(ErrorKind::kModel, [&] { store.resolve(ModelRole::kSpeechActivity, "auto"); }),
      HasSubstr("attune models pull silero_vad"));
}

TEST_F(ModelStoreTest, UnknownNamesGetTheNearestOne) {
  const ModelStore store(folders_);
  const auto message =
      thrown_error(ErrorKind::kModel, [&] { store.resolve(ModelRole::kFaceDetector, "yunnet"); });
  EXPECT_THAT(message, HasSubstr("did you mean \"yunet\"?"));
  EXPECT_THAT(thrown_error(ErrorKind::kModel, [&] { store.pull("silero"); }),
              HasSubstr("did you mean \"silero_vad\"?"));
}

TEST_F(ModelStoreTest, AWrongChecksumInstallsNothing) {
  write(fs::path(folders_.mirror) / "silero_vad/silero_vad_16k.safetensors", "not the weights");
  const ModelStore store(folders_);
  const auto message = thrown_error(ErrorKind::kModel, [&] { store.pull("silero_vad"); });
  EXPECT_THAT(message, HasSubstr("SHA-256"));
  EXPECT_THAT(message, HasSubstr("silero_vad_16k.safetensors"));
  EXPECT_EQ(files().size(), 1U) << "only the mirror's own file";
}

TEST_F(ModelStoreTest, AnUnreachableMirrorIsNamed) {
  EXPECT_THAT(thrown_error(ErrorKind::kModel, [&] { ModelStore(folders_).pull("yunet"); }),
              HasSubstr(folders_.mirror));
  folders_.mirror = "file://" + folders_.mirror;
  EXPECT_THAT(thrown_error(ErrorKind::kModel, [&] { ModelStore(folders_).pull("yunet"); }),
              HasSubstr(folders_.mirror));
  EXPECT_TRUE(files().empty());
}

TEST_F(ModelStoreTest, AFileThatReplacedThePulledOneIsRefused) {
  write(folders_.own / "lr_asd/finetuning_TalkSet.model", "tampered");
  const ModelStore store(folders_);
  const auto message =
      thrown_error(ErrorKind::kModel, [&] { store.resolve(ModelRole::kActiveSpeaker, "lr_asd"); });
  EXPECT_THAT(message, HasSubstr("SHA-256"));
  EXPECT_THAT(message, HasSubstr("attune models pull lr_asd"));
}

TEST_F(ModelStoreTest, SumsBesideOurOwnModelsAreCompared) {
  const std::string content = weights_with("x");
  write(folders_.own / "attune-face.safetensors", content);
  write(folders_.own / "SHA256SUMS",
        sha256(std::as_bytes(std::span(content))) + "  attune-face.safetensors\n");
  const ModelStore store(folders_);
  EXPECT_EQ(store.resolve(ModelRole::kFaceDetector, "auto").info.name, "attune-face");
  write(folders_.own / "attune-face.safetensors", content + "x");
  EXPECT_THAT(
      thrown_error(ErrorKind::kModel, [&] { store.resolve(ModelRole::kFaceDetector, "auto"); }),
      HasSubstr("SHA-256"));
}

TEST_F(ModelStoreTest, ImportTellsTheRoleByTheTensors) {
  write(root_ / "mine.safetensors", weights_with("bbox_head.multi_level_cls.0.conv1.weight"));
  const ModelStore store(folders_);
  const auto imported = store.import(root_ / "mine.safetensors", "my-faces");
  EXPECT_EQ(imported.info.role, ModelRole::kFaceDetector);
  EXPECT_EQ(store.resolve(ModelRole::kFaceDetector, "my-faces").path, imported.path);
  EXPECT_EQ(store.resolve(ModelRole::kFaceDetector, "auto").info.name, "my-faces");
  EXPECT_TRUE(store.info("my-faces").path.has_value());
  write(imported.path, weights_with("another"));
  EXPECT_THAT(
      thrown_error(ErrorKind::kModel, [&] { store.resolve(ModelRole::kFaceDetector, "my-faces"); }),
      HasSubstr("SHA-256"));
}

TEST_F(ModelStoreTest, ImportRefusesWhatItCannotRun) {
  write(root_ / "strange.safetensors", weights_with("somebody.elses.network"));
  write(root_ / "text.onnx", "hello");
  const ModelStore store(folders_);
  EXPECT_THAT(thrown_error(ErrorKind::kModel,
                           [&] { store.import(root_ / "strange.safetensors", "strange"); }),
              HasSubstr("no network that attune runs"));
  thrown_error(ErrorKind::kModel, [&] { store.import(root_ / "text.onnx", "text"); });
  thrown_error(ErrorKind::kModel, [&] { store.import(root_ / "absent.onnx", "absent"); });
  thrown_error(ErrorKind::kModel, [&] { store.import(root_ / "strange.safetensors", "yunet"); });
  thrown_error(ErrorKind::kUsage,
               [&] { store.import(root_ / "strange.safetensors", "../outside"); });
  thrown_error(ErrorKind::kUsage,
               [&] { store.import(root_ / "strange.safetensors", "attune-face"); });
  EXPECT_FALSE(fs::exists(folders_.own));
}

TEST_F(ModelStoreTest, APathIsTakenAsItIs) {
  write(root_ / "mine.safetensors", weights_with("x"));
  const auto model =
      ModelStore(folders_).resolve(ModelRole::kAligner, (root_ / "mine.safetensors").string());
  EXPECT_EQ(model.info.name, "mine");
  EXPECT_EQ(model.info.sha256.size(), 64U);
  thrown_error(ErrorKind::kModel, [&] {
    ModelStore(folders_).resolve(ModelRole::kAligner, (root_ / "none.safetensors").string());
  });
}

TEST(ModelCatalogue, ListsTheBestOfEachRoleFirst) {
  for (const ModelRole role : kModelRoles) {
    std::vector<double> qualities;
    for (const ModelInfo& info : model_catalogue())
      if (info.role == role) qualities.push_back(info.quality);
    ASSERT_FALSE(qualities.empty()) << name(role);
    EXPECT_FALSE(quality_measure(role).empty());
    if (role == ModelRole::kCaptioner) {
      EXPECT_EQ(*std::ranges::max_element(qualities), 0) << "Whisper was not measured";
      continue;
    }
    EXPECT_GT(qualities.front(), 0) << name(role);
    EXPECT_LE(qualities.front(), 1) << name(role);
    EXPECT_TRUE(std::ranges::is_sorted(qualities, std::greater{})) << name(role);
  }
}

TEST_F(ModelStoreTest, PullsEveryKnownModelFromAMirror) {
  ATTUNE_REQUIRE_SHARED("models/SHA256SUMS");
  folders_.mirror = (shared_folder() / "models").string();
  const ModelStore store(folders_);
  for (const ModelInfo& info : model_catalogue()) {
    if (info.comes_with_attune() || info.role == ModelRole::kCaptioner) continue;
    const auto path = store.pull(info.name);
    EXPECT_EQ(fs::file_size(path), info.size_bytes) << info.name;
    EXPECT_EQ(store.resolve(info.role, info.name).path, path);
  }
  folders_.mirror = "file://" + folders_.mirror;
  fs::remove_all(folders_.own);
  EXPECT_TRUE(fs::exists(ModelStore(folders_).pull("yunet")));
}

TEST(ModelCatalogue, OurOwnModelsMatchTheirListedSums) {
  const fs::path folder = fs::path(ATTUNE_SOURCE_DIR) / "models";
  ModelFolders folders;
  folders.search = {folder};
  for (const ModelInfo& info : model_catalogue()) {
    if (!info.comes_with_attune() || !fs::exists(folder / info.file)) continue;
    EXPECT_NO_THROW(ModelStore(folders).resolve(info.role, info.name))
        << "after changing weights: cd models && sha256sum *.safetensors > SHA256SUMS";
  }
}

}  // namespace
}  // namespace attune::models
