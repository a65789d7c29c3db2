// What may be opened as a feed, and what a feed may lead to.

#include "media/live_source.h"

#include "../thrown_error.h"
#include "core/redact.h"
#include "media/libav.h"
#include "media/playlist.h"
#include "media/protocol_guard.h"
#include "media/ts_tables.h"
#include "media_files.h"

extern "C" {
#include <libavutil/crc.h>
}

namespace attune::media {
namespace {

std::string usage_error(const std::string& location) {
  return thrown_error(ErrorKind::kUsage, [&] { read_live_source(location); });
}

TEST(LiveSourceTest, TakesAddressesFilesPipesAndDevicesApart) {
  const LiveSource camera = read_live_source("RTSP://user:pass@Camera:8554/1?k=v");
  EXPECT_EQ(camera.kind, LiveSource::Kind::kAddress);
  EXPECT_EQ(camera.scheme, "rtsp");
  EXPECT_EQ(camera.host, "camera");
  EXPECT_EQ(camera.port, 8554);
  EXPECT_EQ(camera.default_options.at("rtsp_transport"), "tcp");
  EXPECT_EQ(camera.shown.find("pass"), std::string::npos);
  EXPECT_FALSE(camera.is_passive);

  EXPECT_TRUE(read_live_source("udp://@239.0.0.1:1234").is_passive);
  EXPECT_TRUE(read_live_source("srt://0.0.0.0:9000?mode=listener").is_passive);
  EXPECT_TRUE(read_live_source("rtmp://0.0.0.0/live/key", {{"listen", "1"}}).is_passive);
  EXPECT_FALSE(read_live_source("srt://host:9000?mode=caller").is_passive);

  EXPECT_EQ(read_live_source("-").descriptor, 0);
  EXPECT_EQ(read_live_source("pipe:7").descriptor, 7);
  const LiveSource device = read_live_source("lavfi:testsrc=s=64x64");
  EXPECT_EQ(device.kind, LiveSource::Kind::kDevice);
  EXPECT_EQ(device.url, "testsrc=s=64x64");
  EXPECT_EQ(read_live_source("v4l2:/dev/video9").device_format, "v4l2");

  const TemporaryFolder folder;
  write_file(folder / "alsa:odd.ts", "");
  const LiveSource file = read_live_source(folder / "alsa:odd.ts");
  EXPECT_EQ(file.kind, LiveSource::Kind::kFile);
}

TEST(LiveSourceTest, SaysAtOnceWhatCanNeverBeOpened) {
  EXPECT_NE(usage_error("gopher://host/1").find("known are http, https"), std::string::npos);
  EXPECT_NE(usage_error("concat:a|b").find("does not exist"), std::string::npos);
  EXPECT_NE(usage_error("/nowhere/feed.ts").find("does not exist"), std::string::npos);
  EXPECT_NE(usage_error("/tmp").find("folder"), std::string::npos);
  EXPECT_NE(usage_error("/dev/null").find("v4l2:"), std::string::npos);
  EXPECT_NE(usage_error("rtsp:///1").find("host"), std::string::npos);
  EXPECT_NE(usage_error("").find("empty"), std::string::npos);
  EXPECT_EQ(usage_error("ftp://u:secret@host/1").find("secret"), std::string::npos);
}

TEST(ProtocolGuardTest, APlaylistStaysOnItsServer) {
  const LiveSource source = read_live_source("https://Media.example:8443/live/a.m3u8");
  const ProtocolGuard guard(source);
  for (const char* fine : {"seg.ts", "/x/seg.ts", "//media.example/seg.ts", "../b.ts?t=1",
                           "https://media.example:8443/b.ts", "http://media.example/b.ts",
                           "crypto+https://media.example:8443/b.ts", "HTTPS://MEDIA.example/b.ts"})
    EXPECT_EQ(guard.refusal(fine), "") << fine;
  EXPECT_NE(guard.refusal("file:///etc/passwd").find("local file"), std::string::npos);
  EXPECT_NE(guard.refusal("FILE:/etc/passwd").find("local file"), std::string::npos);
  EXPECT_NE(guard.refusal("crypto+file:///etc/passwd").find("local file"), std::string::npos);
  EXPECT_NE(guard.refusal("gopher://media.example/1").find("gopher"), std::string::npos);
  EXPECT_NE(guard.refusal("udp://media.example:1").find("udp"), std::string::npos);
  EXPECT_NE(guard.refusal("concat:http://media.example/a|b").find("concat"), std::string::npos);
  EXPECT_NE(guard.refusal("subfile,,start,0,end,9,,:/etc/passwd"), "");
  EXPECT_NE(guard.refusal("data:text/plain,x"), "");
  EXPECT_NE(guard.refusal("http://169.254.169.254/latest").find("169.254.169.254"),
            std::string::npos);
  EXPECT_NE(guard.refusal("//other.example/a.ts").find("another server"), std::string::npos);
  EXPECT_NE(guard.refusal("https://media.example:6379/"), "");
  EXPECT_NE(guard.refusal("https://media.example@other.example/a.ts"), "");
  EXPECT_EQ(guard.refusal("https://u:secret@other.example/a").find("secret"), std::string::npos);

  const ProtocolGuard open(source, true);
  EXPECT_EQ(open.refusal("https://cdn.example/a.ts"), "");
  EXPECT_NE(open.refusal("file:///etc/passwd"), "");
}

TEST(PlaylistTest, FindsEveryAddress) {
  const Playlist master = read_playlist(
      "#EXTM3U\r\n#EXT-X-MEDIA:TYPE=AUDIO,URI=\"sound.m3u8\",NAME=\"a\"\r\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=1\r\nhigh.m3u8\r\n");
  EXPECT_EQ(master.playlists, (std::vector<std::string>{"sound.m3u8", "high.m3u8"}));
  EXPECT_TRUE(master.parts.empty());

  const Playlist media = read_playlist(
      "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-KEY:METHOD=AES-128,URI=\"file:///k\"\n"
      "#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:6,\n1.ts\n#EXTINF:6,\n2.ts\n");
  EXPECT_EQ(media.parts, (std::vector<std::string>{"file:///k", "init.mp4", "1.ts", "2.ts"}));
  EXPECT_EQ(media.last_segment, "2.ts");
  EXPECT_EQ(media.target_duration, std::chrono::seconds(6));
  EXPECT_FALSE(media.is_ended);
  EXPECT_TRUE(read_playlist("#EXTM3U\n#EXT-X-ENDLIST\n").is_ended);
  EXPECT_FALSE(is_playlist("<html>"));
}

TEST(PlaylistTest, ResolvesAddressesAsRfc3986Does) {
  const std::string base = "http://a:1/b/c/d.m3u8?q=/x";
  EXPECT_EQ(resolve(base, "g.ts"), "http://a:1/b/c/g.ts");
  EXPECT_EQ(resolve(base, "/g"), "http://a:1/g");
  EXPECT_EQ(resolve(base, "//h/g"), "http://h/g");
  EXPECT_EQ(resolve(base, "?y"), "http://a:1/b/c/d.m3u8?y");
  EXPECT_EQ(resolve(base, "https://h/g"), "https://h/g");
  EXPECT_EQ(resolve("http://a", "g"), "http://a/g");
}

/// A section with its length and checksum, in one packet of a transport stream.
std::string ts_section(int pid, std::string section) {
  section[1] = static_cast<char>(0xB0);
  section[2] = static_cast<char>(section.size() + 4 - 3);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(section.data());
  const std::uint32_t crc =
      av_crc(av_crc_get_table(AV_CRC_32_IEEE), 0xFFFFFFFF, bytes, section.size());
  for (int shift = 0; shift < 32; shift += 8) section += static_cast<char>(crc >> shift);
  std::string packet = {0x47, static_cast<char>(0x40 | pid >> 8), static_cast<char>(pid), 0x10, 0};
  packet += section;
  packet.resize(188, '\xFF');
  return packet;
}

std::string ts_map(char video_type) {
  const char map[] = {2, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, video_type, 1, 0, 0, 0, 15, 1, 1, 0, 0};
  return ts_section(0x100, std::string(map, sizeof map));
}

TEST(TsTablesTest, SeesThatAStreamHasAnotherTypeNow) {
  const char association[] = {0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0};
  const std::string begin = ts_section(0, std::string(association, sizeof association));
  TsTables tables;
  const auto read = [&](const std::string& bytes) {
    // In pieces that do not fall together with packets.
    for (std::size_t at = 0; at < bytes.size(); at += 50)
      tables.read(reinterpret_cast<const std::uint8_t*>(bytes.data()) + at,
                  std::min<std::size_t>(50, bytes.size() - at));
  };
  read("garbage" + begin + ts_map(0x1B) + ts_map(0x1B));
  EXPECT_EQ(tables.stream_type(0x100), 0x1B);
  EXPECT_EQ(tables.stream_type(0x101), 15);
  EXPECT_EQ(tables.changes(), 0);
  std::string damaged = ts_map(0x24);
  damaged[20] = static_cast<char>(damaged[20] ^ 1);
  read(damaged);
  EXPECT_EQ(tables.changes(), 0);
  read(ts_map(0x24));
  EXPECT_EQ(tables.changes(), 1);
  EXPECT_EQ(tables.stream_type(0x100), 0x24);
}

TEST(RedactTest, AddressesInTextLoseTheirSecrets) {
  EXPECT_EQ(redacted_addresses("open 'rtsp://u:p@h/1' and (http://h/a?token=s): failed"),
            "open 'rtsp://***@h/1' and (http://h/a?token=***): failed");
  EXPECT_EQ(redacted_addresses("no address: a//b"), "no address: a//b");
}

}  // namespace
}  // namespace attune::media
