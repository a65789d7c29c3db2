// What is wrong with the world outside, through the real program and the pipeline that ships.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program_runner.h"

namespace attune::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class BadInput : public ::testing::Test {
 protected:
  ProgramResult caption(const fs::path& input, const std::string& options = "",
                        const std::string& before = "") const {
    return run_shell("caption '" + input.string() + "' -o '" + output().string() + "' " + options,
                     before);
  }
  fs::path output() const { return folder_ / "results"; }

  /// One sentence that names `what`, the code, and no file left behind.
  void expect_refusal(const ProgramResult& result, int code, const std::string& what) const {
    EXPECT_EQ(result.code, code) << result.err;
    EXPECT_THAT(result.err, HasSubstr("attune: error: "));
    EXPECT_THAT(result.err, HasSubstr(what));
    EXPECT_THAT(result.err, Not(HasSubstr("terminate called")));
    EXPECT_TRUE(!fs::exists(output()) || fs::is_empty(output()));
  }

  /// Two seconds of test picture and tone, made by the ffmpeg program.
  fs::path small_movie(const std::string& name) const {
    const fs::path file = folder_ / name;
    const std::string line =
        "ffmpeg -v error -f lavfi -i testsrc=size=160x120:rate=25:duration=2 -f lavfi -i "
        "sine=frequency=440:duration=2 -c:v libx264 -preset ultrafast -c:a aac '" +
        file.string() + "'";
    if (std::system(line.c_str()) != 0) throw std::runtime_error("the ffmpeg program is missing");
    return file;
  }

  TemporaryFolder folder_;
};

TEST_F(BadInput, MissingFile) {
  expect_refusal(caption(folder_ / "none.mp4"), 3, "none.mp4");
}

TEST_F(BadInput, Folder) {
  expect_refusal(caption(folder_.path()), 3, folder_.path().string());
}

TEST_F(BadInput, EmptyFile) {
  expect_refusal(caption(folder_.write("empty.mp4", "")), 3, "empty.mp4");
}

TEST_F(BadInput, TextNamedMp4) {
  const auto file = folder_.write("text.mp4", "Dear reader,\nthis is no recording.\n");
  expect_refusal(caption(file), 3, "text.mp4");
}

TEST_F(BadInput, Mp4CutOffBeforeItsIndex) {
  const std::string whole = read_text(small_movie("whole.mp4"));
  const auto file = folder_.write("cut.mp4", whole.substr(0, whole.size() / 2));
  expect_refusal(caption(file), 3, "cut.mp4");
}

TEST_F(BadInput, UnknownModel) {
  expect_refusal(caption(small_movie("m.mp4"), "--set detector=yunett"), 4, "yunet");
}

TEST_F(BadInput, ModelThatIsNotInstalled) {
  const std::string nowhere = "HOME='" + folder_.path().string() + "' XDG_DATA_HOME='" +
                              folder_.path().string() + "' ATTUNE_MODELS='" +
                              folder_.path().string() + "'";
  expect_refusal(caption(small_movie("m.mp4"), "--set detector=yunet", nowhere), 4,
                 "attune models pull yunet");
}

TEST_F(BadInput, OutputFolderThatIsAFile) {
  const auto file = folder_.write("results", "");
  const ProgramResult result = caption(small_movie("m.mp4"));
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(result.err, HasSubstr("results"));
  EXPECT_EQ(read_text(file), "");
}

TEST_F(BadInput, NoFacesAndNoSpeechAreNoError) {
  const ProgramResult result = caption(small_movie("m.mp4"));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_TRUE(fs::exists(output() / "m.vtt"));
  EXPECT_TRUE(fs::exists(output() / "m.json"));
}

}  // namespace
}  // namespace attune::cli
