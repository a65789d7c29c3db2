// A white picture and a tone begin at the same instant; both must be found there, whatever the
// container, codec, frame rate and start time.
#include <cmath>

#include "media/frame_sampler.h"
#include "media_files.h"

namespace attune::media {
namespace {

struct Case {
  const char* name;
  const char* rate;
  const char* file;
  const char* codecs;
  /// Codec delay that the container has no room to declare.
  double tolerance_s;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

double rate_of(const std::string& text) {
  const auto slash = text.find('/');
  return slash == std::string::npos ? std::stod(text)
                                    : std::stod(text) / std::stod(text.substr(slash + 1));
}

class FlashAndTone : public testing::TestWithParam<Case> {};

TEST_P(FlashAndTone, AgreeWithinTheFileAndOnTheGrid) {
  const Case& c = GetParam();
  const TemporaryFolder folder;
  const std::string path = folder / c.file;
  const double rate = rate_of(c.rate);
  const int flash_frame = static_cast<int>(std::lround(1.3 * rate));
  const double event_s = flash_frame / rate;
  const std::string event = std::to_string(event_s);
  ffmpeg("-f lavfi -i \"color=black:size=160x120:rate=" + std::string(c.rate) +
         ":duration=2.5,drawbox=color=white:t=fill:enable='gte(n," + std::to_string(flash_frame) +
         ")'\" -f lavfi -i \"aevalsrc='0.8*sin(2*PI*1000*t)*gte(t," + event +
         ")':s=48000:d=2.5\" -pix_fmt yuv420p " + c.codecs + " " + path);

  const Decoded decoded = decode_file(path);
  ASSERT_FALSE(decoded.frames.empty());
  ASSERT_FALSE(decoded.chunks.empty());
  expect_contiguous(decoded.chunks);

  const std::vector<float> samples = decoded.samples();
  std::size_t onset = 0;
  while (onset < samples.size() && std::abs(samples[onset]) < 0.3F) ++onset;
  ASSERT_LT(onset, samples.size());
  const double tone_s = decoded.audio_start() + static_cast<double>(onset) / kSampleRateHz;

  Scaler scaler;
  const auto is_white = [](const Image& gray) { return gray.pixels[gray.pixels.size() / 2] > 128; };
  const auto flash = std::ranges::find_if(decoded.frames, [&](const VideoFrame& f) {
    return is_white(scaler.gray(f, f.width, f.height));
  });
  ASSERT_NE(flash, decoded.frames.end());
  ASSERT_NE(flash, decoded.frames.begin());
  EXPECT_NEAR(to_seconds(flash->span.start), tone_s, c.tolerance_s);

  // ffprobe sees that picture at the same time.
  const std::vector<double> truth = ffprobe_frame_times(path, "v:0");
  const auto flash_index = static_cast<std::size_t>(flash - decoded.frames.begin());
  EXPECT_NEAR(truth.at(flash_index), to_seconds(flash->span.start), 1e-6);

  // On the grid it shows from the first tick after it.
  FrameSampler sampler({.detector_side = 0});
  std::optional<TokenIndex> first_white_tick;
  for (const VideoFrame& f : decoded.frames) {
    sampler.push(f, [&](const GridFrame& g) {
      if (!first_white_tick && is_white(*g.gray)) first_white_tick = g.tick;
    });
  }
  ASSERT_TRUE(first_white_tick);
  EXPECT_EQ(*first_white_tick, token_ceil(flash->span.start));
  EXPECT_NEAR(to_seconds(token_time(*first_white_tick)), tone_s, 0.040 + c.tolerance_s);
}

constexpr double kExact = 0.003;
constexpr const char* kX264Aac = "-c:v libx264 -preset veryfast -c:a aac";

INSTANTIATE_TEST_SUITE_P(
    Containers, FlashAndTone,
    testing::Values(
        Case{"mp4_25", "25", "a.mp4", kX264Aac, kExact},
        Case{"mp4_23976", "24000/1001", "a.mp4", kX264Aac, kExact},
        Case{"mp4_2997", "30000/1001", "a.mp4", kX264Aac, kExact},
        Case{"mp4_fragmented_50", "50", "a.mp4",
             "-c:v libx264 -preset veryfast -c:a aac -movflags frag_keyframe+empty_moov", 0.025},
        // FFmpeg's own Matroska muxer puts the sound early by Opus' delay of 6.5 ms.
        Case{"mkv_60_opus", "60", "a.mkv", "-c:v libx264 -preset veryfast -c:a libopus", 0.008},
        Case{"mkv_5994_ac3", "60000/1001", "a.mkv", "-c:v libx264 -preset veryfast -c:a ac3",
             0.008},
        Case{"webm_30_vorbis", "30", "a.webm",
             "-c:v libvpx -deadline realtime -cpu-used 8 -c:a libvorbis", kExact},
        Case{"ts_25_offset", "25", "a.ts",
             "-c:v libx264 -preset veryfast -c:a aac -output_ts_offset 100", kExact},
        Case{"ts_2997_mp2", "30000/1001", "a.ts", "-c:v mpeg2video -c:a mp2", 0.012},
        Case{"mov_50_pcm", "50", "a.mov", "-c:v mjpeg -c:a pcm_s16le", kExact},
        Case{"avi_25_mp3", "25", "a.avi", "-c:v mpeg4 -c:a libmp3lame", 0.030},
        Case{"flv_30_aac", "30", "a.flv", kX264Aac, 0.025},
        Case{"mp4_cut_by_edit_list", "25", "a.mp4",
             "-c:v libx264 -preset veryfast -c:a aac -output_ts_offset -0.48 "
             "-avoid_negative_ts disabled",
             kExact},
        Case{"asf_negative_start", "25", "a.asf",
             "-c:v libx264 -preset veryfast -c:a aac -output_ts_offset -0.5 "
             "-avoid_negative_ts disabled",
             0.025},
        Case{"ts_clock_wraps", "25", "a.ts",
             "-c:v libx264 -preset veryfast -c:a aac -output_ts_offset 95442.5 -muxdelay 0",
             kExact}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace attune::media
