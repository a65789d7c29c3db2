#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "../media/media_files.h"
#include "program_runner.h"

namespace attune::cli {
namespace {

namespace fs = std::filesystem;
using media::ffmpeg;
using media::ffprobe;
using ::testing::HasSubstr;

constexpr const char* kVtt =
    "WEBVTT\n\n"
    "00:00:00.480 --> 00:00:01.200\n<v Anna>Good morning.</v>\n\n"
    "00:00:01.240 --> 00:00:02.000\n<v Bert>It is cold.</v>\n";

/// A part of a picture, in pixels.
struct Bounds {
  int left = 1 << 20;
  int top = 1 << 20;
  int right = 0;
  int bottom = 0;
};

/// Decoded luma as shown: upright, in the size asked for.
struct Clip {
  int width = 0;
  int height = 0;
  std::vector<std::string> frames;

  int at(std::size_t frame, int x, int y) const {
    return static_cast<std::uint8_t>(
        frames[frame][static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                      static_cast<std::size_t>(x)]);
  }
  /// Where the picture is brighter than any of the test pictures without text.
  Bounds text(std::size_t frame) const {
    constexpr int kBright = 160;
    Bounds bounds;
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        if (at(frame, x, y) < kBright) continue;
        bounds.left = std::min(bounds.left, x);
        bounds.right = std::max(bounds.right, x + 1);
        bounds.top = std::min(bounds.top, y);
        bounds.bottom = std::max(bounds.bottom, y + 1);
      }
    }
    return bounds;
  }
  bool has_text(std::size_t frame) const { return text(frame).right > 0; }
};

/// Peak signal to noise ratio of the rows above `bottom`, in dB; of a wider picture its left part.
double psnr(const Clip& a, const Clip& b, std::size_t frame, int bottom) {
  double sum = 0;
  const int width = std::min(a.width, b.width);
  for (int y = 0; y < bottom; ++y)
    for (int x = 0; x < width; ++x) sum += std::pow(a.at(frame, x, y) - b.at(frame, x, y), 2);
  const double mean = sum / (static_cast<double>(bottom) * width);
  return mean == 0 ? 100 : 10 * std::log10(255 * 255 / mean);
}

class BurnInTest : public ::testing::Test {
 protected:
  BurnInTest() { vtt_ = folder_.write("captions.vtt", kVtt); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::string burn(const std::string& source, const std::string& name,
                   const std::string& options = "") const {
    const ProgramResult result = run_shell("embed " + source + " " + vtt_.string() +
                                           " --burn-in -o " + path(name) + " " + options);
    EXPECT_EQ(result.code, 0) << result.err;
    return path(name);
  }

  std::string gray(const std::string& name, const std::string& size,
                   const std::string& options = "") const {
    ffmpeg("-f lavfi -i color=gray:s=" + size + ":r=25:d=2.4 " + options +
           " -c:v libx264 -preset ultrafast " + path(name));
    return path(name);
  }

  Clip decode(const std::string& file, int width, int height) const {
    ffmpeg("-i " + file + " -map 0:v:0 -fps_mode passthrough -vf scale=" + std::to_string(width) +
           ":" + std::to_string(height) + ",format=gray -f rawvideo " + path("raw"));
    const std::string bytes = read_text(folder_ / "raw");
    Clip clip{width, height, {}};
    const auto size = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    for (std::size_t at = 0; at + size <= bytes.size(); at += size)
      clip.frames.push_back(bytes.substr(at, size));
    return clip;
  }

  static nlohmann::json picture(const std::string& file) {
    return ffprobe("-select_streams v:0 -show_streams " + file).at("streams").at(0);
  }

  TemporaryFolder folder_;
  fs::path vtt_;
};

TEST_F(BurnInTest, TextIsThereFromTheFirstPictureOfACueToTheLastAndNowhereElse) {
  const Clip made = decode(burn(gray("gray.mp4", "320x240"), "made.mp4"), 320, 240);
  ASSERT_EQ(made.frames.size(), 60U);
  for (std::size_t i = 0; i < made.frames.size(); ++i) {
    // 25 pictures a second: 0.48 s to 1.2 s and 1.24 s to 2 s.
    const bool is_cue = (i >= 12 && i < 30) || (i >= 31 && i < 50);
    ASSERT_EQ(made.has_text(i), is_cue) << "picture " << i;
    if (!is_cue) continue;
    const Bounds text = made.text(i);
    EXPECT_GT(text.top, 240 * 0.8) << i;
    EXPECT_LT(text.bottom, 240 * 0.95) << i;
    EXPECT_NEAR((text.left + text.right) / 2.0, 160, 3) << i;
  }
}

TEST_F(BurnInTest, TheRestOfThePictureAndEverythingElseStays) {
  const std::string source = path("source.mkv");
  ffmpeg("-f lavfi -i testsrc2=s=320x240:r=25:d=2.4 -f lavfi -i sine=d=2.4 -i " + vtt_.string() +
         " -map 0 -map 1 -map 2 -vf \"settb=1/1000,setpts=(0.02*N+0.0005*N*N)/TB\" -fps_mode vfr"
         " -c:v libx264 -bf 2 -c:a aac -c:s srt -output_ts_offset 7 " +
         source);
  const std::string result = burn(source, "made.mkv", "--quality 10");
  const auto before = media::ffprobe_frame_times(source, "v:0");
  media::expect_times_near(media::ffprobe_frame_times(result, "v:0"), before, 0.0011);
  const double start =
      std::stod(ffprobe("-show_format " + source)["format"]["start_time"].get<std::string>());
  const Clip original = decode(source, 320, 240);
  const Clip made = decode(result, 320, 240);
  ASSERT_EQ(original.frames.size(), before.size());
  ASSERT_EQ(made.frames.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double time = before[i] - start + 1e-6;
    const bool is_cue = (time >= 0.48 && time < 1.2) || (time >= 1.24 && time < 2);
    EXPECT_GT(psnr(made, original, i, 180), 38) << "above the text, picture " << i;
    const double whole = psnr(made, original, i, 240);
    EXPECT_TRUE(is_cue ? whole < 34 : whole > 38) << whole << " dB, picture " << i;
  }
  for (const std::string& file : {source, result}) {
    ffmpeg("-copyts -i " + file + " -map 0:a -map 0:s -c copy -f framemd5 " + file + ".md5");
  }
  EXPECT_EQ(read_text(source + ".md5"), read_text(result + ".md5"));
}

TEST_F(BurnInTest, TurnedPicturesStayTurnedWithTheTextUpright) {
  for (const std::array<int, 4> matrix : {std::array{0, 1, -1, 0}, std::array{-1, 0, 0, -1}}) {
    SCOPED_TRACE(::testing::PrintToString(matrix));
    const std::string source = gray("turned.mp4", "320x240");
    media::set_display_matrix(source, matrix);
    const std::string result = burn(source, "made.mp4");
    EXPECT_EQ(picture(result)["width"], 320);
    EXPECT_EQ(picture(result)["side_data_list"], picture(source)["side_data_list"]);
    const bool swaps = matrix[0] == 0;
    const int width = swaps ? 240 : 320;
    const int height = swaps ? 320 : 240;
    const Bounds text = decode(result, width, height).text(20);
    EXPECT_GT(text.top, height * 0.8);
    EXPECT_LT(text.bottom, height * 0.95);
    EXPECT_NEAR((text.left + text.right) / 2.0, width / 2.0, 3);
    EXPECT_GT(text.right - text.left, 3 * (text.bottom - text.top));
  }
}

TEST_F(BurnInTest, LettersKeepTheirShapeInPicturesWithOblongPixels) {
  const std::string square = burn(gray("square.mp4", "512x288"), "a.mp4");
  const std::string oblong = burn(gray("oblong.mp4", "360x288", "-vf setsar=64/45"), "b.mp4");
  EXPECT_EQ(picture(oblong)["sample_aspect_ratio"], "64:45");
  const Bounds a = decode(square, 512, 288).text(20);
  const Bounds b = decode(oblong, 512, 288).text(20);
  EXPECT_NEAR(a.left, b.left, 4);
  EXPECT_NEAR(a.right, b.right, 4);
  EXPECT_NEAR(a.top, b.top, 2);
  EXPECT_NEAR(a.bottom, b.bottom, 2);
}

TEST_F(BurnInTest, OddSidesAndOtherPixelFormatsBecomeWhatPlayersShow) {
  for (const char* format : {"yuv420p", "yuv420p10le", "bgr0"}) {
    SCOPED_TRACE(format);
    const std::string source = path("odd.mkv");
    ffmpeg(
        "-f lavfi -i testsrc2=s=176x128:r=25:d=0.6 -vf crop=161:121:0:0:exact=1"
        " -pix_fmt " +
        std::string(format) + " -c:v ffv1 " + source);
    const std::string result = burn(source, "made.mkv", "--quality 5");
    EXPECT_EQ(picture(result)["pix_fmt"], "yuv420p");
    EXPECT_EQ(picture(result)["width"], 162);
    EXPECT_EQ(picture(result)["height"], 122);
    const Clip original = decode(source, 161, 121);
    const Clip made = decode(result, 162, 122);
    ASSERT_EQ(made.frames.size(), 15U);
    EXPECT_GT(psnr(made, original, 5, 121), 36);
    EXPECT_GT(psnr(made, original, 14, 90), 36);
    EXPECT_LT(psnr(made, original, 14, 121), 30);
  }
}

TEST_F(BurnInTest, TextIsNoMarkupAndPlacedCuesStandWhereTheyArePlaced) {
  vtt_ = folder_.write("captions.vtt",
                       "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n{\\an8}up\n\n"
                       "00:00:01.000 --> 00:00:02.000 line:20% position:30% align:center\nHere\n");
  const Clip made =
      decode(burn(gray("gray.mp4", "320x240"), "made.mp4", "--font-size 8"), 320, 240);
  EXPECT_GT(made.text(10).top, 240 * 0.8);
  EXPECT_GT(made.text(10).right - made.text(10).left, 50) << "the braces are shown";
  const Bounds placed = made.text(30);
  EXPECT_NEAR((placed.left + placed.right) / 2.0, 0.3 * 320, 6);
  EXPECT_GT(placed.top, 240 * 0.15);
  EXPECT_LT(placed.bottom, 240 * 0.35);
}

/// U+10FFFD is for private use.
TEST_F(BurnInTest, ASignThatNoFontHasIsSaidOnceAndDrawnAsABox) {
  vtt_ = folder_.write("captions.vtt",
                       "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nSign \U0010FFFD\n\n"
                       "00:00:01.000 --> 00:00:02.000\nAgain \U0010FFFD\n");
  const std::string source = gray("gray.mp4", "320x240");
  const ProgramResult result =
      run_shell("embed " + source + " " + vtt_.string() + " --burn-in -o " + path("made.mp4"));
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.err, HasSubstr("(U+10FFFD): a box is drawn in its place"));
  EXPECT_EQ(result.err.find("U+10FFFD"), result.err.rfind("U+10FFFD"));
  EXPECT_TRUE(decode(path("made.mp4"), 320, 240).has_text(30));
}

TEST_F(BurnInTest, CaptionsInLettersThatNoFontHasAreRefused) {
  const std::string source = gray("gray.mp4", "320x240");
  const auto error_with_fonts_of = [&](const std::string& fonts, const std::string& text) {
    const fs::path captions =
        folder_.write("some.vtt", "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n" + text + "\n");
    const fs::path config = folder_.write(
        "fonts.conf", "<?xml version=\"1.0\"?><fontconfig><dir>" + fonts + "</dir></fontconfig>");
    const ProgramResult result =
        run_shell("embed " + source + " " + captions.string() + " --burn-in -o " + path("made.mp4"),
                  "FONTCONFIG_FILE=" + config.string());
    EXPECT_EQ(result.code, 5);
    EXPECT_FALSE(fs::exists(path("made.mp4")));
    return result.err;
  };
  EXPECT_THAT(error_with_fonts_of("/usr/share/fonts/truetype/dejavu", "\uC548\uB155"),
              HasSubstr("no font has the letter '\uB155' (U+B155)"));
  EXPECT_THAT(error_with_fonts_of(path("nowhere"), "Text"), HasSubstr("no font can be found"));
}

TEST_F(BurnInTest, WebmGetsItsOwnCodec) {
  ffmpeg("-f lavfi -i testsrc2=s=96x64:r=25:d=0.6 -c:v libvpx -deadline realtime " +
         path("source.webm"));
  EXPECT_EQ(picture(burn(path("source.webm"), "made.webm"))["codec_name"], "vp9");
}

TEST_F(BurnInTest, ARecordingWithoutAPictureIsRefused) {
  ffmpeg("-f lavfi -i sine=d=1 -c:a aac " + path("sound.mp4"));
  const ProgramResult result = run_shell("embed " + path("sound.mp4") + " " + vtt_.string() +
                                         " --burn-in -o " + path("made.mp4"));
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, HasSubstr("has no picture to draw captions into"));
  EXPECT_FALSE(fs::exists(path("made.mp4")));
}

}  // namespace
}  // namespace attune::cli
