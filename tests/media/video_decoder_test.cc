#include "media/video_decoder.h"

#include <algorithm>
#include <array>
#include <random>

#include "media/scaler.h"
#include "media_files.h"

namespace attune::media {
namespace {

constexpr const char* kX264 = "-c:v libx264 -preset veryfast ";

std::string test_picture(const std::string& rate, double seconds) {
  return "-f lavfi -i testsrc2=s=160x120:r=" + rate + ":d=" + std::to_string(seconds) + " ";
}

void expect_spans_meet(const std::vector<VideoFrame>& frames) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    ASSERT_LT(frames[i].span.start, frames[i].span.end) << "frame " << i;
    if (i == 0) continue;
    ASSERT_EQ(frames[i - 1].span.end, frames[i].span.start) << "frame " << i;
  }
}

class VideoDecoderTest : public testing::Test {
 protected:
  void expect_as_ffprobe(const std::string& path) {
    const Decoded decoded = decode_file(path);
    expect_times_near(decoded.frame_times(), ffprobe_frame_times(path, "v:0"));
    expect_spans_meet(decoded.frames);
    EXPECT_EQ(decoded.video.out_of_order_frames, 0);
    EXPECT_EQ(decoded.video.damaged_packets, 0);
  }

  TemporaryFolder folder_;
};

TEST_F(VideoDecoderTest, TimesOfConstantRatesAreThoseOfFfprobe) {
  for (const char* rate : {"24000/1001", "30000/1001", "50", "60"}) {
    for (const char* file : {"a.mp4", "a.mkv", "a.ts"}) {
      SCOPED_TRACE(std::string(rate) + " " + file);
      const std::string path = folder_ / file;
      ffmpeg(test_picture(rate, 0.6) + kX264 + path);
      expect_as_ffprobe(path);
    }
  }
}

TEST_F(VideoDecoderTest, VariableFrameRate) {
  // 25 pictures with times 0.02 n + 0.01 n^2 / 2 s: gaps grow from 25 ms to a quarter of a second.
  for (const char* file : {"a.mkv", "a.mp4"}) {
    const std::string path = folder_ / file;
    ffmpeg(test_picture("25", 1) +
           "-vf \"settb=1/1000,setpts=(0.02*N+0.005*N*N)/TB\" -fps_mode vfr "
           "-enc_time_base 1:1000 " +
           kX264 + path);
    const Decoded decoded = decode_file(path);
    // FFmpeg 7's muxer gives the last picture in MP4 no duration, and its edit list then cuts it.
    ASSERT_GE(decoded.frames.size(), 24U);
    for (std::size_t n = 0; n < decoded.frames.size(); ++n) {
      EXPECT_NEAR(to_seconds(decoded.frames[n].span.start), 0.02 * n + 0.005 * n * n, 0.0011);
    }
    expect_as_ffprobe(path);
  }
}

TEST_F(VideoDecoderTest, StartTimesOtherThanZero) {
  const std::string later = folder_ / "later.ts";
  ffmpeg(test_picture("25", 1) + kX264 + "-output_ts_offset 1000 " + later);
  expect_as_ffprobe(later);
  EXPECT_GT(decode_file(later).frame_times().front(), 1000);
  const std::string negative = folder_ / "negative.asf";
  ffmpeg(test_picture("25", 1) + kX264 + "-output_ts_offset -0.5 -avoid_negative_ts disabled " +
         negative);
  expect_as_ffprobe(negative);
  EXPECT_NEAR(decode_file(negative).frame_times().front(), -0.5, 0.1);
}

TEST_F(VideoDecoderTest, EditListsLeaveOutWhatTheyCut) {
  const std::string whole = folder_ / "whole.mp4";
  const std::string cut = folder_ / "cut.mp4";
  ffmpeg(test_picture("25", 3) + kX264 + "-g 50 " + whole);
  // Copying from between two key frames: the packets from the key frame on, and an edit list.
  ffmpeg("-ss 2.6 -i " + whole + " -c copy " + cut);
  const Decoded decoded = decode_file(cut);
  ASSERT_EQ(ffprobe("-show_packets " + cut)["packets"].size(), 25U)
      << "the fixture has no pre-roll";
  EXPECT_EQ(decoded.frames.size(), 10U);
  EXPECT_NEAR(decoded.frame_times().front(), 0, 1e-9);
  expect_as_ffprobe(cut);
}

/// Mean absolute difference from the picture that the ffmpeg program shows, which turns and
/// stretches by itself.
double difference_from_player(const std::string& path, const VideoFrame& frame) {
  const std::string shown_path = path + ".gray";
  ffmpeg("-i " + path + " -frames:v 1 -vf \"scale=" + std::to_string(frame.width) + ":" +
         std::to_string(frame.height) + ",format=gray\" -f rawvideo " + shown_path);
  const std::string shown = read_file(shown_path);
  const Image gray = Scaler().gray(frame, frame.width, frame.height);
  EXPECT_EQ(shown.size(), gray.pixels.size());
  double sum = 0;
  for (std::size_t i = 0; i < std::min(shown.size(), gray.pixels.size()); ++i) {
    sum += std::abs(static_cast<std::uint8_t>(shown[i]) - gray.pixels[i]);
  }
  return sum / static_cast<double>(gray.pixels.size());
}

struct Turn {
  std::array<int, 4> matrix;
  int rotation_degrees;
  bool is_mirrored;
};

TEST_F(VideoDecoderTest, RotatedAndMirroredPicturesAreShownAsPlayersDo) {
  const std::string plain = folder_ / "plain.mp4";
  ffmpeg(test_picture("25", 0.2) + kX264 + "-qp 5 " + plain);
  for (const Turn& turn : {Turn{{1, 0, 0, 1}, 0, false}, Turn{{0, 1, -1, 0}, 90, false},
                           Turn{{-1, 0, 0, -1}, 180, false}, Turn{{0, -1, 1, 0}, 270, false},
                           Turn{{-1, 0, 0, 1}, 0, true}, Turn{{1, 0, 0, -1}, 180, true},
                           Turn{{0, 1, 1, 0}, 270, true}, Turn{{0, -1, -1, 0}, 90, true}}) {
    SCOPED_TRACE(testing::PrintToString(turn.matrix));
    const std::string path = folder_ / "turned.mp4";
    std::filesystem::copy_file(plain, path, std::filesystem::copy_options::overwrite_existing);
    set_display_matrix(path, turn.matrix);
    const Decoded decoded = decode_file(path);
    const VideoFrame& frame = decoded.frames.at(0);
    EXPECT_EQ(frame.rotation_degrees, turn.rotation_degrees);
    EXPECT_EQ(frame.is_mirrored, turn.is_mirrored);
    const bool swaps = turn.matrix[0] == 0;
    EXPECT_EQ(frame.width, swaps ? 120 : 160);
    EXPECT_EQ(frame.height, swaps ? 160 : 120);
    EXPECT_EQ(decoded.info.video()->width, frame.width);
    EXPECT_EQ(decoded.info.video()->rotation_degrees, turn.rotation_degrees);
    EXPECT_LT(difference_from_player(path, frame), 1.5);
  }
}

TEST_F(VideoDecoderTest, PixelAspectStretchesTheWidth) {
  const std::string wide = folder_ / "wide.mp4";
  ffmpeg(test_picture("25", 0.2) + "-vf setsar=16/11 " + kX264 + wide);
  const Decoded decoded = decode_file(wide);
  EXPECT_EQ(decoded.frames.at(0).width, 233);
  EXPECT_EQ(decoded.frames.at(0).height, 120);
  EXPECT_EQ(ffprobe("-show_streams " + wide)["streams"][0]["sample_aspect_ratio"], "16:11");
  set_display_matrix(wide, {0, 1, -1, 0});
  EXPECT_EQ(decode_file(wide).frames.at(0).width, 120);
  EXPECT_EQ(decode_file(wide).frames.at(0).height, 233);
}

std::vector<std::vector<std::uint8_t>> gray_pictures(const Decoded& decoded) {
  Scaler scaler;
  std::vector<std::vector<std::uint8_t>> pictures;
  for (const VideoFrame& f : decoded.frames) {
    pictures.push_back(scaler.gray(f, f.width, f.height).pixels);
  }
  return pictures;
}

TEST_F(VideoDecoderTest, ThreadsChangeNothing) {
  const std::string path = folder_ / "a.mp4";
  ffmpeg(test_picture("30000/1001", 1.5) + kX264 + path);
  const Decoded one = decode_file(path, {}, {.threads = 1});
  const Decoded three = decode_file(path, {}, {.threads = 3});
  EXPECT_EQ(one.frame_times(), three.frame_times());
  EXPECT_EQ(gray_pictures(one), gray_pictures(three));
}

TEST_F(VideoDecoderTest, WithoutLoopFilterTheTimesAreTheSame) {
  const std::string path = folder_ / "a.mp4";
  ffmpeg(test_picture("25", 1) + kX264 + "-b:v 60k " + path);
  const Decoded filtered = decode_file(path);
  const Decoded rough = decode_file(path, {}, {.skip_loop_filter = true});
  EXPECT_EQ(filtered.frame_times(), rough.frame_times());
  EXPECT_NE(gray_pictures(filtered), gray_pictures(rough)) << "the option has no effect";
}

TEST_F(VideoDecoderTest, ADamagedBroadcastIsDecodedAsFarAsItGoes) {
  const std::string path = folder_ / "a.ts";
  ffmpeg(test_picture("25", 4) + "-f lavfi -i sine=d=4 " + kX264 + "-g 12 -c:a aac " + path);
  const Decoded whole = decode_file(path);
  ASSERT_EQ(whole.frames.size(), 100U);
  std::string bytes = read_file(path);
  std::mt19937 random(1);
  const std::size_t first = bytes.size() / 4;
  for (int i = 0; i < 60; ++i) bytes[first + random() % (bytes.size() / 2)] ^= 0x55;
  const std::string damaged = folder_ / "damaged.ts";
  write_file(damaged, bytes);

  const Decoded decoded = decode_file(damaged);
  EXPECT_GT(decoded.video.damaged_frames + decoded.video.damaged_packets, 0);
  EXPECT_GT(decoded.frames.size(), 60U);
  EXPECT_LE(decoded.frames.size(), 100U);
  for (std::size_t i = 1; i < decoded.frames.size(); ++i) {
    EXPECT_LT(decoded.frames[i - 1].span.start, decoded.frames[i].span.start);
  }
  expect_contiguous(decoded.chunks);
  EXPECT_NEAR(decoded.audio_end(), whole.audio_end(), 0.1);
  EXPECT_NEAR(decoded.audio_start(), whole.audio_start(), 1e-6);
}

TEST_F(VideoDecoderTest, ATruncatedFileEndsEarly) {
  const std::string path = folder_ / "a.mp4";
  ffmpeg(test_picture("25", 3) + "-f lavfi -i sine=d=3 " + kX264 + "-c:a aac -movflags faststart " +
         path);
  const std::string bytes = read_file(path);
  const std::string cut = folder_ / "cut.mp4";
  write_file(cut, bytes.substr(0, bytes.size() / 2));
  const Decoded decoded = decode_file(cut);
  EXPECT_TRUE(decoded.ended_early || decoded.read_errors > 0);
  EXPECT_GT(decoded.frames.size(), 20U);
  EXPECT_LT(decoded.frames.size(), 75U);
  const Decoded whole = decode_file(path);
  EXPECT_EQ(whole.read_errors, 0);
  EXPECT_FALSE(whole.ended_early);
  EXPECT_EQ(whole.frames.size(), 75U);
}

}  // namespace
}  // namespace attune::media
