// Whisper through the real program, with a random model: its words mean nothing, but how they come
// about is that of the real ones.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/cli/program_runner.h"
#include "tests/models/whisper/tiny_ggml.h"

namespace attune::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class WhisperJob : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    models::whisper::write_tiny_ggml(path("tiny.en.bin"));
    models::whisper::TinyModel multilingual;
    multilingual.vocabulary = 51865;
    models::whisper::write_tiny_ggml(path("multilingual.bin"), multilingual);
    const std::string scene = std::string(ATTUNE_SCENE_PROGRAM) + " -o " + path("scene.mp4") +
                              " --parts dialogue --turns 2 --size 640x360 >/dev/null 2>&1";
    ASSERT_EQ(std::system(scene.c_str()), 0);
    // A random model is never sure of its text; drawing again would take its time for nothing.
    std::string config = read_text(ATTUNE_SOURCE_DIR "/configs/caption.yaml");
    const std::string node = "{type: captioner, ";
    const std::size_t place = config.find(node);
    ASSERT_NE(place, std::string::npos);
    config.insert(place + node.size(), "temperature_fallback: false, beam_size: 2, ");
    folder_->write("brief.yaml", config);
  }
  static void TearDownTestSuite() { delete folder_; }

  static std::string path(const std::string& name) { return (*folder_ / name).string(); }

  static ProgramResult attune(const std::string& arguments) {
    return run_shell("--quiet " + arguments,
                     "ATTUNE_MODELS=" + path("models") + " ATTUNE_MODEL_MIRROR=" + path("mirror"));
  }

  static ProgramResult caption(const std::string& captioner, const std::string& to,
                               const std::string& more = "") {
    return attune("run " + path("brief.yaml") + " " + path("scene.mp4") + " -o " + path(to) +
                  " --set captioner=" + captioner + " " + more);
  }

 private:
  static inline TemporaryFolder* folder_ = nullptr;
};

TEST_F(WhisperJob, AnImportedModelWritesWordsWithinTheSound) {
  ASSERT_EQ(attune("models import " + path("tiny.en.bin") + " my-whisper").code, 0);
  EXPECT_THAT(attune("models list").out, HasSubstr("my-whisper"));
  const ProgramResult one = caption("my-whisper", "one", "--threads 1");
  ASSERT_EQ(one.code, 0) << one.err;
  const json result = json::parse(read_text(path("one/scene.json")));
  const auto used = std::ranges::find_if(
      result["models"], [](const json& model) { return model["role"] == "captioner"; });
  ASSERT_NE(used, result["models"].end());
  EXPECT_EQ((*used)["name"], "my-whisper");
  ASSERT_FALSE(result["words"].empty());
  double end = 0;
  for (const json& word : result["words"]) {
    EXPECT_GE(word["start"].get<double>(), end - 1e-6);
    EXPECT_GT(word["end"].get<double>(), word["start"].get<double>());
    EXPECT_GE(word["confidence"].get<double>(), 0);
    EXPECT_LE(word["confidence"].get<double>(), 1);
    end = word["end"];
  }
  EXPECT_LE(end, result["media"]["end"].get<double>());
  // The best that is installed, and the same bytes whatever the number of threads.
  const ProgramResult three = caption("auto", "three", "--threads 3");
  ASSERT_EQ(three.code, 0) << three.err;
  EXPECT_EQ(read_text(path("one/scene.json")), read_text(path("three/scene.json")));
}

TEST_F(WhisperJob, AMultilingualModelIsAskedForALanguage) {
  const ProgramResult run = caption(path("multilingual.bin"), "german", "--set language=German");
  ASSERT_EQ(run.code, 0) << run.err;
  const ProgramResult found = caption(path("multilingual.bin"), "auto", "--set task=translate");
  ASSERT_EQ(found.code, 0) << found.err;
}

TEST_F(WhisperJob, WhatTheModelCannotDoIsSaid) {
  const std::string english = path("tiny.en.bin");
  ProgramResult run = caption(english, "bad", "--set language=de");
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.err, HasSubstr("German"));
  run = caption(english, "bad", "--set task=translate");
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.err, HasSubstr("cannot translate"));
  run = caption(english, "bad", "--set language=klingon");
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.err, HasSubstr("klingon"));
  run = caption("pocketsphinx", "bad", "--set language=de");
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.err, HasSubstr("whisper"));
}

TEST_F(WhisperJob, WrongAndDamagedFilesAreNamed) {
  namespace fs = std::filesystem;
  const fs::path cut = path("cut.bin");
  fs::copy_file(path("tiny.en.bin"), cut);
  fs::resize_file(cut, fs::file_size(cut) / 2);
  ProgramResult run = caption(cut.string(), "bad");
  EXPECT_EQ(run.code, 4);
  EXPECT_THAT(run.err, HasSubstr("cut.bin"));

  std::ofstream(path("text.bin")) << "no model at all";
  run = caption(path("text.bin"), "bad");
  EXPECT_EQ(run.code, 4);
  EXPECT_THAT(run.err, HasSubstr("text.bin"));

  models::whisper::TinyModel few_tokens;
  few_tokens.listed_tokens = 300;
  models::whisper::write_tiny_ggml(path("short.bin"), few_tokens);
  run = caption(path("short.bin"), "bad");
  EXPECT_EQ(run.code, 4);
  EXPECT_THAT(run.err, HasSubstr("short.bin"));
  EXPECT_THAT(run.err, HasSubstr("vocabulary"));

  run = caption("whisper-base.en", "bad");
  EXPECT_EQ(run.code, 4);
  EXPECT_THAT(run.err, HasSubstr("attune models pull whisper-base.en"));
  EXPECT_FALSE(fs::exists(path("bad/scene.json")));

  run = caption("pocketspinx", "bad");
  EXPECT_EQ(run.code, 4);
  EXPECT_THAT(run.err, HasSubstr("did you mean \"pocketsphinx\"?"));
}

TEST_F(WhisperJob, AMirrorsWrongFileIsRefused) {
  std::filesystem::create_directories(path("mirror/whisper"));
  std::filesystem::copy_file(path("tiny.en.bin"), path("mirror/whisper/ggml-tiny.en.bin"));
  const ProgramResult run = attune("models pull whisper-tiny.en");
  EXPECT_EQ(run.code, 4);
  EXPECT_THAT(run.err, HasSubstr("c78c86eb1a8faa21b369bcd33207cc90d64ae9df"));
  EXPECT_THAT(attune("models info whisper-tiny.en").out, HasSubstr("not installed"));
}

}  // namespace
}  // namespace attune::cli
