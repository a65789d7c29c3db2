// What is decoded from the middle of a recording is what is there when all of it is decoded.

#include <algorithm>
#include <map>

#include "media/first_sample.h"
#include "media/libav.h"
#include "media_files.h"

namespace attune::media {
namespace {

constexpr Duration kMiddle = std::chrono::milliseconds(7310);
/// Codecs and filters need that long until they forget where they began.
constexpr Duration kWarmUp = std::chrono::milliseconds(200);

class SeekTest : public testing::Test {
 protected:
  /// A tone that rises, so that a wrong place is never right by chance, beside a picture that
  /// changes. No noise: decoders of some codecs make up their own.
  std::string make(const std::string& name, const std::string& codecs, int rate) const {
    ffmpeg("-f lavfi -i testsrc=s=160x120:r=25:d=12 -f lavfi -i "
           "\"aevalsrc='0.5*sin(2*PI*(300*t+90*t*t))':d=12:s=" +
           std::to_string(rate) + "\" -c:v libx264 -g 60 " + codecs + " " +
           (folder_ / name));
    return folder_ / name;
  }

  TemporaryFolder folder_;
};

struct FromMiddle {
  std::map<Timestamp, float> samples;
  std::map<Timestamp, unsigned> pictures;
};

unsigned checksum(const VideoFrame& frame) {
  unsigned sum = 0;
  for (int row = 0; row < frame.picture->height; ++row)
    for (int x = 0; x < frame.picture->width; ++x)
      sum = sum * 31 + frame.picture->data[0][row * frame.picture->linesize[0] + x];
  return sum;
}

FromMiddle decode_from(const std::string& path, std::optional<Timestamp> from) {
  Demuxer demuxer(path);
  AudioDecoderOptions options;
  if (from) {
    EXPECT_TRUE(demuxer.can_seek());
    options.origin = first_sample_time(path, {});
    demuxer.seek(*from);
  }
  AudioDecoder audio(*demuxer.info().audio(), options);
  VideoDecoder video(*demuxer.info().video(), {});
  FromMiddle result;
  const auto hear = [&](const AudioChunk& chunk) {
    for (std::size_t i = 0; i < chunk.samples.size(); ++i)
      result.samples[chunk.start + Duration(62'500) * static_cast<std::int64_t>(i)] =
          chunk.samples[i];
  };
  const auto see = [&](const VideoFrame& frame) {
    result.pictures[frame.span.start] = checksum(frame);
  };
  while (const auto packet = demuxer.read()) {
    if (packet->kind == StreamKind::kAudio) audio.decode(*packet->data, hear);
    if (packet->kind == StreamKind::kVideo) video.decode(*packet->data, see);
  }
  audio.flush(hear);
  video.flush(see);
  return result;
}

TEST_F(SeekTest, TheRestIsTheSameBitForBit) {
  struct Case {
    const char* file;
    const char* codecs;
    int rate;
  };
  for (const Case c : {Case{"a.mp4", "-c:a aac -aac_pns 0", 44100}, Case{"b.mp4", "-c:a aac -aac_pns 0", 48000},
                       Case{"c.mkv", "-c:a aac -aac_pns 0", 44100}, Case{"d.mkv", "-c:a libmp3lame", 44100},
                       Case{"e.mov", "-c:a pcm_s16le", 44100},
                       Case{"g.mkv", "-c:a flac", 22050}}) {
    SCOPED_TRACE(c.file);
    const std::string path = make(c.file, c.codecs, c.rate);
    const FromMiddle whole = decode_from(path, std::nullopt);
    const FromMiddle rest = decode_from(path, kMiddle);

    ASSERT_FALSE(rest.samples.empty());
    EXPECT_LT(rest.samples.begin()->first, kMiddle);
    const auto begin = rest.samples.lower_bound(rest.samples.begin()->first + kWarmUp);
    ASSERT_LT(begin->first, kMiddle + kWarmUp);
    std::size_t different = 0;
    for (auto sample = begin; sample != rest.samples.end(); ++sample) {
      const auto same = whole.samples.find(sample->first);
      different += same == whole.samples.end() || same->second != sample->second;
    }
    EXPECT_EQ(different, 0u) << "of " << std::distance(begin, rest.samples.end());
    EXPECT_EQ(rest.samples.rbegin()->first, whole.samples.rbegin()->first);

    ASSERT_FALSE(rest.pictures.empty());
    EXPECT_LE(rest.pictures.begin()->first, kMiddle);
    EXPECT_GT(rest.pictures.begin()->first, kMiddle - std::chrono::seconds(3));
    for (const auto& [time, sum] : rest.pictures) EXPECT_EQ(whole.pictures.at(time), sum);
    EXPECT_EQ(rest.pictures.rbegin()->first, whole.pictures.rbegin()->first);
  }
}

TEST_F(SeekTest, BroadcastFormatsAndPipesAreReadFromTheirStart) {
  EXPECT_FALSE(Demuxer(make("a.ts", "-c:a aac", 48000)).can_seek());
}

}  // namespace
}  // namespace attune::media
