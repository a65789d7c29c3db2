#include "hls_programme.h"
#include "media/codec_string.h"

namespace attune::live {
namespace {

using namespace std::chrono_literals;

void run_hls(const HlsOptions& options, Duration length, bool finishes) {
  HlsOutput output(options);
  for (const HlsPacket& packet : hls_packets(hls_source()))
    if (packet.packet.span.start < length) output.take(packet.packet, packet.stream);
  if (finishes) output.finish();
}

TEST(HlsRestart, GoesOnCountingAndServesNothingStale) {
  HlsProgramme programme;
  programme.options.caption_delay = 0s;
  run_hls(programme.options, 9s, false);
  EXPECT_EQ(programme.media_list().entries.size(), 4u);
  media::write_file(programme.path(".segment-00000009.ts.0011223344556677.tmp"), "half");
  media::write_file(programme.path("segment-00000077.vtt"), "stale");
  media::write_file(programme.path("index.html"), "mine");

  HlsOutput output(programme.options);
  EXPECT_EQ(programme.count(".ts"), 0u);
  EXPECT_EQ(programme.count(".vtt"), 0u);
  EXPECT_EQ(programme.count(".tmp"), 0u);
  EXPECT_FALSE(std::filesystem::exists(programme.path("media.m3u8")));
  EXPECT_FALSE(std::filesystem::exists(programme.path("master.m3u8")));
  EXPECT_EQ(media::read_file(programme.path("index.html")), "mine");
  for (const HlsPacket& packet : hls_packets(hls_source()))
    output.take(packet.packet, packet.stream);
  output.finish();
  const SeenPlaylist list = programme.media_list();
  EXPECT_EQ(list.sequence, 4);
  ASSERT_EQ(list.entries.size(), 6u);
  EXPECT_TRUE(list.entries[0].discontinuity);
  EXPECT_EQ(list.entries[0].uri, "segment-00000004.ts");
  EXPECT_EQ(programme.count(".earlier"), 0u);
}

TEST(HlsRestart, CountsOnAfterARunThatPublishedNothing) {
  HlsProgramme programme;
  programme.options.caption_delay = 0s;
  run_hls(programme.options, 9s, false);
  run_hls(programme.options, 1s, false);
  run_hls(programme.options, 12s, true);
  const SeenPlaylist list = programme.media_list();
  EXPECT_EQ(list.sequence, 4);
  EXPECT_EQ(list.discontinuity_sequence, 0);
  EXPECT_TRUE(list.entries[0].discontinuity);
}

TEST(HlsRestart, DiscontinuitiesAreCountedOverRuns) {
  HlsProgramme programme;
  programme.options.caption_delay = 0s;
  for (int i = 0; i < 3; ++i) run_hls(programme.options, 5s, true);
  const SeenPlaylist list = programme.media_list();
  // Its own mark comes on top.
  EXPECT_EQ(list.discontinuity_sequence, 1);
  EXPECT_EQ(list.sequence, 6);
}

TEST(HlsRestart, ARecordingIsGoneOnWith) {
  HlsProgramme programme;
  programme.options.keep_all = true;
  run_hls(programme.options, 5s, true);
  run_hls(programme.options, 5s, true);
  const SeenPlaylist list = programme.media_list();
  EXPECT_EQ(list.sequence, 0);
  ASSERT_EQ(list.entries.size(), 6u);
  EXPECT_TRUE(list.ended);
  EXPECT_TRUE(list.entries[3].discontinuity);
  EXPECT_FALSE(list.entries[4].discontinuity);
  // FFmpeg, another reader, plays all of it.
  EXPECT_EQ(frame_sums(programme.path("media.m3u8"), "v").size(), 250u);
}

TEST(HlsRestart, ARecordingWithALostFileGoesOnBehindIt) {
  HlsProgramme programme;
  programme.options.keep_all = true;
  run_hls(programme.options, 12s, true);
  std::filesystem::remove(programme.path("segment-00000002.ts"));
  run_hls(programme.options, 3s, true);
  const SeenPlaylist list = programme.media_list();
  EXPECT_EQ(list.sequence, 3);
  ASSERT_EQ(list.entries.size(), 5u);
  EXPECT_EQ(list.entries[0].uri, "segment-00000003.ts");
  EXPECT_EQ(list.entries[3].uri, "segment-00000006.ts");
}

TEST(HlsRestart, AForeignPlaylistIsReplacedAndNumbersAreNotUsedAgain) {
  HlsProgramme programme;
  programme.options.caption_delay = 0s;
  std::filesystem::create_directories(programme.options.folder);
  media::write_file(programme.path("media.m3u8"),
                    "#EXTM3U\n#EXTINF:4,\n../../etc/passwd.ts\n#EXT-X-MEDIA-SEQUENCE:9\n");
  media::write_file(programme.path("segment-00000041.ts"), "x");
  run_hls(programme.options, 12s, true);
  EXPECT_EQ(programme.media_list().sequence, 42);
  EXPECT_EQ(programme.media_list().target, 3);
  EXPECT_EQ(programme.count(".ts"), 6u);
}

TEST(HlsPlaylistText, IsReadBackAsItWasWritten) {
  media::HlsMediaPlaylist list;
  list.media_sequence = 1234567890123;
  list.discontinuity_sequence = 3;
  list.target_seconds = 4;
  list.is_event = true;
  list.has_ended = true;
  const auto date = std::chrono::system_clock::time_point(1767225599s + 987ms);
  list.entries.push_back({"segment-00000001", 3999999us, true, date});
  list.entries.push_back({"segment-00000002", 40ms, false, date + 4s});
  const std::string text = media::write_media_playlist(list, ".ts");
  EXPECT_NE(text.find("#EXT-X-PROGRAM-DATE-TIME:2025-12-31T23:59:59.987Z\n"), std::string::npos)
      << text;
  const auto read = media::read_media_playlist(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(media::write_media_playlist(*read, ".ts"), text);
}

TEST(HlsPlaylistText, OthersAreRefused) {
  for (const std::string text :
       {"", "#EXTM3U", "WEBVTT\n", "#EXTM3U\n#EXTINF:x,\na.ts\n", "#EXTM3U\na.ts\n",
        "#EXTM3U\n#EXTINF:4,\n/etc/x.ts\n", "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:-4\n",
        "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:99999999999999999999\n", "#EXTM3U\n#EXTINF:inf,\na.ts\n",
        "#EXTM3U\n#EXTINF:nan,\na.ts\n", "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:yesterday\n"})
    EXPECT_FALSE(media::read_media_playlist(text)) << text;
}

TEST(HlsMasterPlaylist, SaysWhatPlayersNeed) {
  HlsProgramme programme;
  programme.options.keep_all = true;
  programme.options.language = "de-AT";
  programme.options.caption_name = "Unter\"titel\n";
  run_hls(programme.options, 12s, true);
  const std::string master = media::read_file(programme.path("master.m3u8"));
  EXPECT_NE(master.find("#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"captions\",NAME=\"Untertitel\","
                        "LANGUAGE=\"de-AT\",DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,"
                        "URI=\"captions.m3u8\"\n"),
            std::string::npos)
      << master;
  // Main profile, level 3.1; AAC-LC.
  EXPECT_NE(master.find(",CODECS=\"avc1.4d401f,mp4a.40.2\",RESOLUTION=160x90,FRAME-RATE=25.000,"
                        "SUBTITLES=\"captions\"\nmedia.m3u8\n"),
            std::string::npos)
      << master;
  double peak = 0;
  double bytes = 0;
  const SeenPlaylist list = programme.media_list();
  for (const auto& entry : list.entries) {
    const auto size = static_cast<double>(std::filesystem::file_size(programme.path(entry.uri)));
    peak = std::max(peak, size * 8 / entry.seconds);
    bytes += size;
  }
  const auto number = [&](const std::string& name) {
    return std::stod(master.substr(master.find(name) + name.size()));
  };
  EXPECT_NEAR(number(":BANDWIDTH="), peak, 2);
  EXPECT_LE(number(",AVERAGE-BANDWIDTH="), peak);
  EXPECT_NEAR(number(",AVERAGE-BANDWIDTH="), bytes * 8 / list.length(), 0.2 * peak);
}

TEST(HlsMasterPlaylist, HasNoSubtitlesWithoutCaptions) {
  HlsProgramme programme;
  programme.options.captions = false;
  run_hls(programme.options, 5s, true);
  const std::string master = media::read_file(programme.path("master.m3u8"));
  EXPECT_EQ(master.find("SUBTITLES"), std::string::npos) << master;
  EXPECT_EQ(programme.count(".vtt"), 0u);
  EXPECT_FALSE(std::filesystem::exists(programme.path("captions.m3u8")));
}

/// The levels are set when the stream is encoded; the spelling is that of RFC 6381, and for HEVC of
/// ISO/IEC 14496-15, annex E, whose own example has the constraints that x265 sets.
TEST(HlsCodecNames, AreReadFromParametersInBothForms) {
  const media::TemporaryFolder folder;
  const std::map<std::string, std::string> expected = {
      {"libx264 -profile:v high -level 4.0", "avc1.640028,mp4a.40.2"},
      {"libx264 -profile:v main -level 3.1", "avc1.4d401f,mp4a.40.2"},
      {"libx265 -tag:v hvc1 -x265-params log-level=none:level-idc=31",
       "hvc1.1.6.L93.90,mp4a.40.2"}};
  int number = 0;
  for (const auto& [codec, name] : expected) {
    const std::string stem = folder / std::to_string(number++);
    media::ffmpeg(
        "-f lavfi -i testsrc=size=160x90:rate=25 -f lavfi -i sine -t 0.4 -pix_fmt yuv420p "
        "-preset veryfast -c:v " +
        codec + " -c:a aac " + stem + ".mp4");
    media::ffmpeg("-i " + stem + ".mp4 -c copy " + stem + ".ts");
    for (const std::string ending : {".mp4", ".ts"}) {
      std::map<media::StreamKind, std::string> names;
      for (const HlsPacket& packet : hls_packets(stem + ending))
        if (!names.contains(packet.packet.kind))
          names[packet.packet.kind] = media::codec_string(*packet.stream, packet.packet.data.get());
      EXPECT_EQ(names[media::StreamKind::kVideo] + ',' + names[media::StreamKind::kAudio], name)
          << ending;
    }
  }
}

}  // namespace
}  // namespace attune::live
