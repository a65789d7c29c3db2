// What users get wrong: each mistake has a clear sentence, the documented exit code, and leaves no
// file.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/cli/program_runner.h"

namespace attune::cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class BadInputTest : public testing::Test {
 protected:
  ProgramResult caption(const std::string& arguments, const std::string& before = "") const {
    return run_shell("--quiet caption " + arguments + " -o " + out().string(), before);
  }
  ProgramResult run_pipeline(const std::string& yaml) const {
    const fs::path config = folder_.write("pipeline.yaml", yaml);
    return run_shell("--quiet run " + config.string() + " movie.mp4 -o " + out().string());
  }
  std::string make(const std::string& name, const std::string& ffmpeg_arguments) const {
    const std::string path = (folder_ / name).string();
    const std::string line = "ffmpeg -v error -y " + ffmpeg_arguments + " " + path;
    if (std::system(line.c_str()) != 0) throw std::runtime_error("ffmpeg failed: " + line);
    return path;
  }

  fs::path out() const { return folder_ / "out"; }
  std::size_t files() const {
    return fs::exists(out())
               ? static_cast<std::size_t>(std::distance(fs::directory_iterator(out()), {}))
               : 0;
  }
  void expect_refused(const ProgramResult& result, int code, const std::string& saying) const {
    EXPECT_EQ(result.code, code) << result.err;
    EXPECT_THAT(result.err, AllOf(HasSubstr(saying), Not(HasSubstr("terminate called"))));
    EXPECT_EQ(files(), 0u);
  }

  TemporaryFolder folder_;
};

TEST_F(BadInputTest, MissingFile) {
  expect_refused(caption("/nowhere/film.mp4"), 3, "/nowhere/film.mp4");
}

TEST_F(BadInputTest, Folder) {
  fs::create_directory(folder_ / "film.mp4");
  expect_refused(caption((folder_ / "film.mp4").string()), 3, "folder");
}

TEST_F(BadInputTest, EmptyFile) {
  expect_refused(caption(folder_.write("film.mp4", "").string()), 3, "empty");
}

TEST_F(BadInputTest, TextNamedMp4) {
  const fs::path file = folder_.write("film.mp4", "Dear diary, today I filmed nothing at all.\n");
  expect_refused(caption(file.string()), 3, "film.mp4");
}

TEST_F(BadInputTest, Mp4WithoutItsIndex) {
  const std::string whole =
      make("whole.mp4", "-f lavfi -i testsrc2=d=2 -f lavfi -i sine=d=2 -shortest");
  const std::string content = read_text(whole);
  const fs::path file = folder_.write("film.mp4", content.substr(0, content.size() / 2));
  expect_refused(caption(file.string()), 3, "moov");
}

TEST_F(BadInputTest, NoFacesIsAResult) {
  const std::string file = make(
      "film.mp4", "-f lavfi -i testsrc2=d=4:s=320x180 -f lavfi -i anoisesrc=a=0.01:d=4 -shortest");
  const ProgramResult result = caption(file);
  ASSERT_EQ(result.code, 0) << result.err;
  const auto json = nlohmann::json::parse(read_text(out() / "film.json"));
  EXPECT_TRUE(json["tracks"].empty());
  EXPECT_TRUE(json["captions"].empty());
}

TEST_F(BadInputTest, AQuarterOfAnHourOfSilenceHasNoCaptions) {
  const std::string file = make("silence.flac", "-f lavfi -i anullsrc=r=16000:cl=mono -t 900");
  const ProgramResult result = caption(file);
  ASSERT_EQ(result.code, 0) << result.err;
  const auto json = nlohmann::json::parse(read_text(out() / "silence.json"));
  EXPECT_TRUE(json["segments"].empty());
  EXPECT_TRUE(json["captions"].empty());
  EXPECT_THAT(json["notes"].dump(), HasSubstr("no picture"));
  EXPECT_THAT(read_text(out() / "silence.vtt"), testing::StartsWith("WEBVTT"));
}

TEST_F(BadInputTest, VideoWithoutSound) {
  const ProgramResult result = caption(make("film.mp4", "-f lavfi -i testsrc2=d=2:s=320x180"));
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(read_text(out() / "film.json"), HasSubstr("no sound"));
}

TEST_F(BadInputTest, UnknownKey) {
  expect_refused(run_pipeline("nodes:\n  source: {type: demuxer, vido: false}\n"), 2,
                 "did you mean 'video'");
}

TEST_F(BadInputTest, WrongType) {
  const ProgramResult result = run_pipeline(
      "nodes:\n  source: {type: demuxer}\n  grid: {type: video_decoder, in: source.video, threads: "
      "many}\n");
  expect_refused(result, 2, "threads");
  EXPECT_THAT(result.err, HasSubstr("pipeline.yaml:3:"));
}

TEST_F(BadInputTest, Cycle) {
  expect_refused(run_pipeline("nodes:\n"
                              "  source: {type: demuxer}\n"
                              "  a: {type: face_crops, in: {tracks: b, frames: g}}\n"
                              "  b: {type: face_looks, in: {tracks: a, frames: g}}\n"
                              "  v: {type: video_decoder, in: source.video}\n"
                              "  g: {type: frame_sampler, in: v}\n"
                              "  s: {type: shot_detector, in: g}\n"
                              "  x: {type: audio_decoder, in: source.audio}\n"
                              "  h: {type: audio_encoder, in: x}\n"
                              "  c: {type: aligner, in: {query: h.tokens, people: a}}\n"
                              "  p: {type: speech_segments, in: c}\n"
                              "  r: {type: result_writer, in: {segments: p, tracks: a}}\n"),
                 2, "a -> b -> a");
}

TEST_F(BadInputTest, UnconnectedPort) {
  expect_refused(run_pipeline("nodes:\n"
                              "  source: {type: demuxer}\n"
                              "  v: {type: video_decoder, in: source.video}\n"
                              "  g: {type: frame_sampler, in: v}\n"
                              "  looks: {type: face_looks, in: {frames: g}}\n"),
                 2, "tracks");
}

TEST_F(BadInputTest, MissingWeightsSayWhichCommandPullsThem) {
  const std::string file =
      make("film.mp4", "-f lavfi -i testsrc2=d=1:s=320x180 -f lavfi -i sine=d=1");
  const std::string nowhere = "HOME=" + folder_.path().string() + " XDG_DATA_HOME= ATTUNE_MODELS=";
  expect_refused(caption(file + " --set detector=yunet", nowhere), 4, "attune models pull yunet");
}

TEST_F(BadInputTest, DamagedWeights) {
  const std::string file =
      make("film.mp4", "-f lavfi -i testsrc2=d=1:s=320x180 -f lavfi -i sine=d=1");
  std::string weights = read_text(ATTUNE_SOURCE_DIR "/models/attune-face.safetensors");
  weights[weights.size() / 2] = static_cast<char>(weights[weights.size() / 2] ^ 0x10);
  const fs::path damaged =
      folder_.write("damaged.safetensors", weights.substr(0, weights.size() - 1000));
  expect_refused(caption(file + " --set detector=" + damaged.string()), 4, "damaged.safetensors");
}

TEST_F(BadInputTest, OneChangedByteInTheWeightsIsNoticed) {
  const std::string file =
      make("film.mp4", "-f lavfi -i testsrc2=d=1:s=320x180 -f lavfi -i sine=d=1");
  fs::copy(ATTUNE_SOURCE_DIR "/models", folder_ / "models");
  std::fstream weights(folder_ / "models" / "attune-align.safetensors",
                       std::ios::in | std::ios::out | std::ios::binary);
  weights.seekp(500'000);
  weights.put('x');
  weights.close();
  expect_refused(caption(file, "ATTUNE_MODELS=" + (folder_ / "models").string()), 4, "SHA-256");
}

TEST_F(BadInputTest, OutputThatIsNoFolder) {
  const std::string file =
      make("film.mp4", "-f lavfi -i testsrc2=d=1:s=320x180 -f lavfi -i sine=d=1");
  folder_.write("out", "a file in the way");
  const ProgramResult result = caption(file);
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(result.err, HasSubstr("out"));
}

TEST_F(BadInputTest, FullDisk) {
  const std::string file =
      make("film.mp4", "-f lavfi -i testsrc2=d=1:s=320x180 -f lavfi -i sine=d=1");
  const ProgramResult result = caption(file + " 2>&1", "trap '' XFSZ; ulimit -f 0;");
  EXPECT_EQ(result.code, 5) << result.out;
  EXPECT_EQ(files(), 0u);
}

TEST_F(BadInputTest, OneBadFileDoesNotStopTheOthers) {
  const std::string good =
      make("good.mp4", "-f lavfi -i testsrc2=d=1:s=320x180 -f lavfi -i sine=d=1");
  const ProgramResult result = caption(folder_.write("bad.mp4", "no film").string() + " " + good);
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("bad.mp4"));
  EXPECT_TRUE(fs::exists(out() / "good.vtt"));
  EXPECT_FALSE(fs::exists(out() / "bad.vtt"));
}

TEST_F(BadInputTest, NumbersOfSpeakersAreChecked) {
  const std::string file =
      make("film.mp4", "-f lavfi -i testsrc2=d=1:s=320x180 -f lavfi -i sine=d=1");
  expect_refused(caption(file + " --set speakers.anna=Anna"), 2, "speakers.anna");
}

}  // namespace
}  // namespace attune::cli
