// What is decoded from the middle of a recording is what is there when all of it is decoded.

#include <algorithm>
#include <map>

#include "media/heard_sound.h"
#include "media/libav.h"
#include "media_files.h"

namespace attune::media {
namespace {

constexpr Duration kMiddle = std::chrono::milliseconds(7310);

class SeekTest : public testing::Test {
 protected:
  /// Noise, so that a wrong place is never right by chance, beside a picture that changes.
  std::string make(const std::string& name, const std::string& codecs, int rate) const {
    ffmpeg(
        "-f lavfi -i testsrc=s=160x120:r=25:d=12 -f lavfi -i anoisesrc=r=" + std::to_string(rate) +
        ":d=12:seed=1:a=0.3 -c:v libx264 -g 60 " + codecs + " " + (folder_ / name));
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
  HeardSound sound{nullptr, Timestamp::min()};
  if (from) {
    EXPECT_TRUE(demuxer.can_seek());
    sound = hear_until(path, {}, {}, *from);
    demuxer.seek(*from - std::chrono::seconds(2));
  } else {
    sound.decoder = std::make_unique<AudioDecoder>(*demuxer.info().audio());
  }
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
    if (packet->kind == StreamKind::kVideo) video.decode(*packet->data, see);
    if (packet->kind == StreamKind::kAudio && packet->span.start >= sound.next)
      sound.decoder->decode(*packet->data, hear);
  }
  sound.decoder->flush(hear);
  video.flush(see);
  return result;
}

TEST_F(SeekTest, TheRestIsTheSameBitForBit) {
  struct Case {
    const char* file;
    const char* codecs;
    int rate;
  };
  for (const Case c :
       {Case{"a.mp4", "-c:a aac", 44100}, Case{"b.mp4", "-c:a aac", 48000},
        Case{"c.mkv", "-c:a aac", 44100}, Case{"d.mkv", "-c:a libmp3lame", 44100},
        Case{"e.mov", "-c:a pcm_s16le", 44100}, Case{"f.mkv", "-c:a ac3", 48000},
        Case{"g.mkv", "-c:a flac", 22050}, Case{"h.webm", "-c:v libvpx -c:a libopus", 48000},
        Case{"i.mkv", "-c:a libvorbis", 44100}}) {
    SCOPED_TRACE(c.file);
    const std::string path = make(c.file, c.codecs, c.rate);
    const FromMiddle whole = decode_from(path, std::nullopt);
    const FromMiddle rest = decode_from(path, kMiddle);

    ASSERT_FALSE(rest.samples.empty());
    // At most what the decoder held back.
    EXPECT_LE(rest.samples.begin()->first, kMiddle);
    std::size_t different = 0;
    for (auto sample = rest.samples.begin(); sample != rest.samples.end(); ++sample) {
      const auto same = whole.samples.find(sample->first);
      different += same == whole.samples.end() || same->second != sample->second;
    }
    EXPECT_EQ(different, 0u) << "of " << rest.samples.size();
    EXPECT_EQ(rest.samples.rbegin()->first, whole.samples.rbegin()->first);

    ASSERT_FALSE(rest.pictures.empty());
    EXPECT_LE(rest.pictures.begin()->first, kMiddle);
    EXPECT_GT(rest.pictures.begin()->first, kMiddle - std::chrono::seconds(5));
    for (const auto& [time, sum] : rest.pictures) EXPECT_EQ(whole.pictures.at(time), sum);
    EXPECT_EQ(rest.pictures.rbegin()->first, whole.pictures.rbegin()->first);
  }
}

TEST_F(SeekTest, BroadcastFormatsAndPipesAreReadFromTheirStart) {
  EXPECT_FALSE(Demuxer(make("a.ts", "-c:a aac", 48000)).can_seek());
}

}  // namespace
}  // namespace attune::media
