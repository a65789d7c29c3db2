#include "hls_programme.h"
#include "media/hls_segmenter.h"

namespace attune::live {
namespace {

using namespace std::chrono_literals;

void feed(HlsOutput& output, const std::vector<HlsPacket>& packets,
          PlaylistWatch* watch = nullptr) {
  for (const HlsPacket& packet : packets) {
    output.take(packet.packet, packet.stream);
    if (watch != nullptr) watch->look();
  }
}

/// All frames of `source`, but for those of a tenth of a second at the start, which a decoder
/// begins with or which end before the first picture.
void expect_same_sound(const std::string& played, const std::string& source) {
  // The edit list of an MP4 file hides its first samples; a transport stream has none.
  const std::string reference = source + ".ts";
  media::ffmpeg("-i " + source + " -c copy " + reference);
  const auto expected = frame_sums(reference, "a");
  const auto sums = frame_sums(played, "a");
  ASSERT_GE(sums.size() + 4, expected.size());
  const std::size_t count = expected.size() - 5;
  EXPECT_EQ(std::vector(sums.end() - static_cast<std::ptrdiff_t>(count), sums.end()),
            std::vector(expected.end() - static_cast<std::ptrdiff_t>(count), expected.end()));
}

TEST(HlsSegments, TogetherHoldEveryFrameAsItWasAndEachPlaysAlone) {
  HlsProgramme programme;
  programme.options.keep_all = true;
  HlsOutput output(programme.options);
  feed(output, hls_packets(hls_source()));
  output.finish();

  const SeenPlaylist list = programme.media_list();
  EXPECT_TRUE(list.event);
  EXPECT_TRUE(list.ended);
  ASSERT_EQ(list.entries.size(), 6u);
  EXPECT_NEAR(list.length(), 12, 0.05);
  for (const auto& entry : list.entries) EXPECT_NEAR(entry.seconds, 2, 0.05);
  EXPECT_EQ(decoding_complaints(programme.segment_files()), "");
  const std::string all = programme.path("media.m3u8");
  const auto sums = frame_sums(all, "v");
  EXPECT_EQ(sums.size(), 300u);
  EXPECT_EQ(sums, frame_sums(hls_source(), "v"));
  const auto times = media::ffprobe_frame_times(all, "v:0");
  ASSERT_EQ(times.size(), 300u);
  for (std::size_t i = 1; i < times.size(); ++i) ASSERT_NEAR(times[i] - times[i - 1], 0.04, 1e-4);
  expect_same_sound(all, hls_source());
}

TEST(HlsSegments, BeginWithAKeyPictureAtTheFeedsTimeAndCountOn) {
  HlsProgramme programme;
  programme.options.keep_all = true;
  HlsOutput output(programme.options);
  feed(output, hls_packets(hls_source(), 100s));
  output.finish();
  double start = 100;
  std::string joined;
  for (const auto& entry : programme.media_list().entries) {
    const std::string bytes = media::read_file(programme.path(entry.uri));
    const SeenTransport seen = read_transport(bytes);
    // The zero of the feed lies ten seconds up the counter.
    EXPECT_NEAR(static_cast<double>(seen.first.at(0xE0)), (start + 10) * 90'000, 2) << entry.uri;
    EXPECT_TRUE(seen.begins_at_key) << entry.uri;
    EXPECT_EQ(seen.first.size(), 2u) << entry.uri;
    start += entry.seconds;
    joined += bytes;
  }
  // Laid end to end no packet of the transport stream is missing.
  EXPECT_EQ(read_transport(joined).gaps, 0);
}

TEST(HlsSegments, LiveListSlidesAndItsFilesGoInTime) {
  HlsProgramme programme;
  programme.options.window = 6;
  programme.options.caption_delay = 0s;
  HlsOutput output(programme.options);
  PlaylistWatch watch(programme.options.folder);
  std::size_t most = 0;
  for (int round = 0; round < 5; ++round) {
    for (const HlsPacket& packet : hls_packets(hls_source(), round * 12s)) {
      // The same recording again and again, as one source that goes on.
      static std::map<media::StreamKind, std::shared_ptr<const media::StreamInfo>> streams;
      if (round == 0) streams[packet.packet.kind] = packet.stream;
      output.take(packet.packet, streams[packet.packet.kind]);
      if (watch.look()) most = std::max(most, programme.count(".ts"));
    }
  }
  output.finish();
  watch.look();
  EXPECT_EQ(watch.last().entries.size(), 6u);
  EXPECT_EQ(watch.last().sequence, 24);
  EXPECT_TRUE(watch.last().ended);
  EXPECT_GE(watch.removed(), 15);
  EXPECT_LE(most, 15u);
  EXPECT_EQ(programme.count(".tmp"), 0u);
  EXPECT_EQ(programme.count(".ts"), programme.count(".vtt"));
}

TEST(HlsSegments, ADiscontinuityIsMarkedAndCountedInBothRenditions) {
  HlsProgramme programme;
  programme.options.window = 5;
  programme.options.caption_delay = 0s;
  HlsOutput output(programme.options);
  PlaylistWatch watch(programme.options.folder);
  std::set<std::string> marked;
  for (int round = 0; round < 3; ++round) {
    const Timestamp start = round * 15s;
    output.discontinuity(start);
    for (const HlsPacket& packet : hls_packets(hls_source(), start)) {
      output.take(packet.packet, packet.stream);
      if (!watch.look()) continue;
      for (const auto& entry : watch.last().entries)
        if (entry.discontinuity) marked.insert(entry.uri);
    }
  }
  output.finish();
  watch.look();
  EXPECT_EQ(marked.size(), 2u);
  // Of the last five segments none is the first of a stretch.
  EXPECT_EQ(watch.last().discontinuity_sequence, 2);
  EXPECT_EQ(watch.last().sequence, 13);
}

/// The streams of each segment, "V", "A" or "AV", after "/" where a discontinuity is.
std::string streams_of_segments(const HlsProgramme& programme) {
  std::string streams;
  for (const auto& entry : programme.media_list().entries) {
    const auto seen = read_transport(media::read_file(programme.path(entry.uri)));
    streams += entry.discontinuity ? " / " : " ";
    streams +=
        std::string(seen.first.contains(0xC0) ? "A" : "") + (seen.first.contains(0xE0) ? "V" : "");
  }
  return streams;
}

std::string streams_without_beginning(media::StreamKind kind, bool expects_pictures = true) {
  HlsProgramme programme;
  programme.options.keep_all = true;
  programme.options.video = expects_pictures;
  HlsOutput output(programme.options);
  for (const HlsPacket& packet : hls_packets(hls_source()))
    if (packet.packet.kind != kind || packet.packet.span.start >= 5100ms)
      output.take(packet.packet, packet.stream);
  output.finish();
  EXPECT_EQ(decoding_complaints(programme.segment_files()), "");
  return streams_of_segments(programme);
}

TEST(HlsSegments, AStreamThatBeginsLateIsTakenInWithTheNextKeyPicture) {
  EXPECT_EQ(streams_without_beginning(media::StreamKind::kAudio), " V V V / AV AV AV");
  EXPECT_EQ(streams_without_beginning(media::StreamKind::kVideo, false), " A A A / AV AV AV");
}

// A feed is joined between two key pictures; a browser that has begun with sound takes no pictures.
TEST(HlsSegments, PicturesAreWaitedFor) {
  EXPECT_EQ(streams_without_beginning(media::StreamKind::kVideo), " AV AV AV");
}

TEST(HlsSegments, AStreamThatChangesBeginsANewStretch) {
  HlsProgramme programme;
  programme.options.keep_all = true;
  HlsOutput output(programme.options);
  feed(output, hls_packets(hls_source()));
  feed(output, hls_packets(hls_source(), 12s));
  output.finish();
  EXPECT_EQ(streams_of_segments(programme), " AV AV AV AV AV AV / AV AV AV AV AV AV");
}

TEST(HlsSegments, SoundAloneIsCutByTime) {
  const media::TemporaryFolder folder;
  const std::string file = folder / "sound.m4a";
  media::ffmpeg("-f lavfi -i sine=sample_rate=44100 -t 9 -c:a aac " + file);
  HlsProgramme programme;
  programme.options.keep_all = true;
  programme.options.video = false;
  HlsOutput output(programme.options);
  feed(output, hls_packets(file));
  output.finish();
  const SeenPlaylist list = programme.media_list();
  ASSERT_EQ(list.entries.size(), 5u);
  EXPECT_NEAR(list.entries[0].seconds, 2, 0.03);
  expect_same_sound(programme.path("media.m3u8"), file);
  const std::string master = media::read_file(programme.path("master.m3u8"));
  EXPECT_NE(master.find("CODECS=\"mp4a.40.2\""), std::string::npos) << master;
  EXPECT_EQ(master.find("RESOLUTION"), std::string::npos) << master;
}

TEST(HlsSegments, KeyPicturesFarApartAreKeptToTheTarget) {
  const media::TemporaryFolder folder;
  const std::string file = folder / "far.mp4";
  media::ffmpeg(
      "-f lavfi -i testsrc=size=160x90:rate=25 -t 16 -c:v libx264 -preset ultrafast -bf 2 -g 9999 "
      "-sc_threshold 0 -force_key_frames 0,1,2,3,4,14 " +
      file);
  HlsProgramme programme;
  programme.options.keep_all = true;
  programme.options.caption_delay = 0s;
  programme.options.audio = false;
  HlsOutput output(programme.options);
  PlaylistWatch watch(programme.options.folder);
  feed(output, hls_packets(file), &watch);
  output.finish();
  watch.look();
  // Two seconds and a quarter: three.
  EXPECT_EQ(watch.last().target, 3);
  EXPECT_NEAR(watch.last().length(), 16, 0.05);
  EXPECT_EQ(frame_sums(programme.path("media.m3u8"), "v"), frame_sums(file, "v"));
}

TEST(HlsSegments, CodecsWithoutAPlaceAreLeftOut) {
  const media::TemporaryFolder folder;
  const std::string file = folder / "mixed.mkv";
  media::ffmpeg(
      "-f lavfi -i testsrc=size=160x90:rate=25 -f lavfi -i sine=sample_rate=48000 -t 4 -c:v "
      "libx264 "
      "-preset ultrafast -g 25 -c:a flac " +
      file);
  HlsProgramme programme;
  HlsOutput output(programme.options);
  feed(output, hls_packets(file));
  output.finish();
  const SeenPlaylist list = programme.media_list();
  ASSERT_EQ(list.entries.size(), 2u);
  EXPECT_EQ(streams_of_segments(programme), " V V");
}

TEST(HlsSegments, AFolderThatIsGoneIsTriedAgain) {
  HlsProgramme programme;
  programme.options.keep_all = true;
  programme.options.caption_delay = 0s;
  HlsOutput output(programme.options);
  const std::string hidden = programme.folder / "hidden";
  bool is_gone = false;
  bool is_back = false;
  for (const HlsPacket& packet : hls_packets(hls_source())) {
    if (!is_gone && packet.packet.span.start > 4500ms) {
      std::filesystem::rename(programme.options.folder, hidden);
      is_gone = true;
    }
    if (!is_back && packet.packet.span.start > 7500ms) {
      std::filesystem::rename(hidden, programme.options.folder);
      is_back = true;
      EXPECT_NE(output.status().problem, "");
      EXPECT_LE(output.status().failures, 6);
    }
    output.take(packet.packet, packet.stream);
  }
  output.finish();
  EXPECT_GT(output.status().failures, 0);
  EXPECT_EQ(output.status().problem, "");
  const SeenPlaylist list = programme.media_list();
  EXPECT_TRUE(list.ended);
  ASSERT_GE(list.entries.size(), 4u);
  EXPECT_TRUE(list.entries[2].discontinuity);
  EXPECT_EQ(decoding_complaints(programme.segment_files()), "");
}

TEST(HlsSegments, AFolderThatCannotBeMadeIsNamed) {
  HlsProgramme programme;
  media::write_file(programme.folder / "file", "");
  programme.options.folder = programme.folder / "file/hls";
  try {
    HlsOutput output(programme.options);
    FAIL() << "was made";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kOutput);
    EXPECT_NE(std::string(error.what()).find("file/hls"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace attune::live
