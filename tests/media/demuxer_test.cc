#include "media/demuxer.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <set>

#include "media_files.h"

namespace attune::media {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kPicture = "-f lavfi -i testsrc2=s=160x120:r=25:d=1 ";
constexpr const char* kSound = "-f lavfi -i sine=d=1 ";
constexpr const char* kX264 = "-c:v libx264 -preset ultrafast ";

class DemuxerTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(DemuxerTest, InfoAgreesWithFfprobe) {
  const std::string path = folder_ / "a.mp4";
  ffmpeg("-f lavfi -i testsrc2=s=160x120:r=30000/1001:d=1.5 -f lavfi -i sine=d=1.5:r=44100 " +
         std::string(kX264) + "-c:a aac -ac 2 -metadata:s:a language=eng " + path);
  const MediaInfo info = probe(path);
  const nlohmann::json truth = ffprobe("-show_format -show_streams " + path);
  const auto number = [](const nlohmann::json& text) { return std::stod(text.get<std::string>()); };

  EXPECT_EQ(info.location, path);
  EXPECT_EQ(info.container, truth["format"]["format_name"].get<std::string>());
  EXPECT_NEAR(to_seconds(*info.duration), number(truth["format"]["duration"]), 1e-6);
  EXPECT_NEAR(to_seconds(info.start_time), number(truth["format"]["start_time"]), 1e-6);
  ASSERT_EQ(info.streams.size(), truth["streams"].size());
  ASSERT_NE(info.video(), nullptr);
  ASSERT_NE(info.audio(), nullptr);
  EXPECT_EQ(info.video()->codec, "h264");
  EXPECT_EQ(info.video()->width, 160);
  EXPECT_EQ(info.video()->height, 120);
  EXPECT_EQ(info.video()->frame_rate.num, 30000);
  EXPECT_EQ(info.video()->frame_rate.den, 1001);
  EXPECT_NEAR(to_seconds(*info.audio()->duration), number(truth["streams"][1]["duration"]), 1e-6);
  EXPECT_EQ(info.audio()->sample_rate_hz, 44100);
  EXPECT_EQ(info.audio_choice, "audio track 1 of 1 (eng, aac, stereo, 44.1 kHz), the only one");
  EXPECT_EQ(info.video_choice, "video 160x120 (h264, 29.97 frames/s)");
}

TEST_F(DemuxerTest, ReadsEveryPacketOfBothStreamsOnce) {
  const std::string path = folder_ / "a.mkv";
  ffmpeg(std::string(kPicture) + kSound + kX264 + "-c:a aac " + path);
  const nlohmann::json truth = ffprobe("-show_packets " + path);
  Demuxer demuxer(path);
  std::multiset<std::pair<StreamKind, double>> read;
  while (const auto packet = demuxer.read()) {
    read.emplace(packet->kind, to_seconds(packet->span.start));
    EXPECT_GT(packet->bytes(), 0U);
  }
  std::multiset<std::pair<StreamKind, double>> expected;
  for (const auto& packet : truth["packets"]) {
    expected.emplace(packet["codec_type"] == "video" ? StreamKind::kVideo : StreamKind::kAudio,
                     std::stod(packet["pts_time"].get<std::string>()));
  }
  ASSERT_EQ(read.size(), expected.size());
  for (auto a = read.begin(), b = expected.begin(); a != read.end(); ++a, ++b) {
    EXPECT_EQ(a->first, b->first);
    EXPECT_NEAR(a->second, b->second, 1e-6);
  }
  EXPECT_FALSE(demuxer.read()) << "the end stays the end";
  EXPECT_EQ(demuxer.read_errors(), 0);
}

class TrackChoice : public DemuxerTest {
 protected:
  void SetUp() override {
    path_ = folder_ / "a.mkv";
    ffmpeg(std::string(kPicture) +
           "-f lavfi -i sine=d=1:f=300 -f lavfi -i anullsrc=cl=5.1:d=1 -f lavfi -i sine=d=1:f=900 "
           "-map 0 -map 1 -map 2 -map 3 " +
           kX264 +
           "-c:a:0 aac -c:a:1 ac3 -b:a:1 96k -c:a:2 pcm_s16le -metadata:s:a:0 language=eng "
           "-metadata:s:a:1 language=ger -metadata:s:a:2 language=fre -disposition:a 0 "
           "-disposition:a:2 default " +
           path_);
  }
  std::string choice(const std::string& track) const {
    return probe(path_, {.audio_track = track}).audio_choice;
  }
  std::string path_;
};

TEST_F(TrackChoice, ByDefaultNumberAndLanguage) {
  EXPECT_EQ(choice("auto"),
            "audio track 3 of 3 (fre, pcm_s16le, mono, 44.1 kHz), marked as default");
  EXPECT_THAT(choice("1"), StartsWith("audio track 1 of 3 (eng, aac, mono, 44.1 kHz)"));
  EXPECT_EQ(choice("2"), "audio track 2 of 3 (ger, ac3, 5.1(side), 44.1 kHz), asked for by number");
  EXPECT_THAT(choice("fre"), StartsWith("audio track 3 of 3"));
  // ISO 639-1, and the other of the two forms of ISO 639-2.
  EXPECT_THAT(choice("de"), StartsWith("audio track 2 of 3"));
  EXPECT_THAT(choice("deu"), StartsWith("audio track 2 of 3"));
  EXPECT_THAT(choice("EN-us"), StartsWith("audio track 1 of 3"));
  const MediaInfo none = probe(path_, {.audio_track = "none"});
  EXPECT_EQ(none.audio(), nullptr);
  EXPECT_NE(none.video(), nullptr);
}

TEST_F(TrackChoice, DeliversTheTrackAsked) {
  const Decoded decoded = decode_file(path_, {.audio_track = "3", .video = false});
  EXPECT_TRUE(decoded.frames.empty());
  // Zero crossings of a 900 Hz tone.
  const std::vector<float> samples = decoded.samples();
  int crossings = 0;
  for (std::size_t i = 1; i < samples.size(); ++i)
    crossings += samples[i - 1] < 0 && samples[i] >= 0;
  EXPECT_NEAR(crossings, 900, 2);
}

TEST_F(TrackChoice, AnAbsentTrackIsAnsweredWithThoseThere) {
  EXPECT_EQ(open_error(path_, {.audio_track = "4"}),
            path_ +
                " has no audio track 4; it has 1 (eng, aac, mono, 44.1 kHz), 2 (ger, ac3, "
                "5.1(side), 44.1 kHz), 3 (fre, pcm_s16le, mono, 44.1 kHz)");
  EXPECT_THAT(open_error(path_, {.audio_track = "0"}), HasSubstr("has no audio track 0"));
  EXPECT_THAT(open_error(path_, {.audio_track = "ita"}),
              HasSubstr("has no audio track in language \"ita\""));
}

TEST_F(DemuxerTest, AudioOnlyAndVideoOnlyFilesAreFineAndSaySo) {
  const std::string sound = folder_ / "a.wav";
  const std::string picture = folder_ / "a.mp4";
  ffmpeg(std::string(kSound) + sound);
  ffmpeg(std::string(kPicture) + kX264 + picture);
  EXPECT_EQ(probe(sound).video_choice, "no video stream");
  EXPECT_EQ(probe(sound).video(), nullptr);
  EXPECT_EQ(probe(picture).audio_choice, "no audio track");
  EXPECT_NEAR(decode_file(sound).audio_end(), 1.0, 1e-3);
  EXPECT_EQ(decode_file(picture).frames.size(), 25U);
}

TEST_F(DemuxerTest, CoverArtIsNoPicture) {
  const std::string cover = folder_ / "cover.png";
  const std::string song = folder_ / "song.mp3";
  ffmpeg("-f lavfi -i testsrc2=s=320x240 -frames:v 1 " + cover);
  ffmpeg(std::string(kSound) + "-i " + cover +
         " -map 0 -map 1 -c:v copy -disposition:v attached_pic " + song);
  const MediaInfo info = probe(song);
  ASSERT_EQ(info.streams.size(), 2U);
  EXPECT_EQ(info.video(), nullptr);
  EXPECT_NE(info.audio(), nullptr);
  // With the sound refused, nothing is left.
  EXPECT_THAT(open_error(song, {.audio_track = "none"}),
              EndsWith("has nothing to work on: sound not asked for; no video stream"));
}

TEST_F(DemuxerTest, BadInputsAreAnsweredInASentence) {
  const std::string missing = folder_ / "missing.mp4";
  EXPECT_EQ(open_error(missing), missing + " does not exist");
  const std::string a_folder = folder_ / ".";
  EXPECT_THAT(open_error(a_folder), HasSubstr("is a folder"));
  const std::string empty = folder_ / "empty.mp4";
  write_file(empty, "");
  EXPECT_EQ(open_error(empty), empty + " is empty");
  std::string prose;
  for (int i = 0; i < 500; ++i) prose += "Once upon a time there was a file.\n";
  for (const char* name : {"text.mp4", "text.txt", "text.mkv", "text"}) {
    const std::string text = folder_ / name;
    write_file(text, prose);
    EXPECT_THAT(open_error(text), StartsWith(text + " is not a media file that FFmpeg can read ("))
        << name;
  }
  const std::string captions = folder_ / "captions.srt";
  write_file(captions, "1\n00:00:00,000 --> 00:00:01,000\nHello\n\n");
  EXPECT_EQ(open_error(captions),
            captions + " has nothing to work on: no audio track; no video stream");
}

TEST_F(DemuxerTest, AnMp4WithoutItsIndexIsCalledTruncated) {
  const std::string whole = folder_ / "whole.mp4";
  ffmpeg(std::string(kPicture) + kSound + kX264 + "-c:a aac " + whole);
  const std::string bytes = read_file(whole);
  const std::size_t moov = bytes.find("moov");
  ASSERT_NE(moov, std::string::npos);
  const std::string cut = folder_ / "cut.mp4";
  write_file(cut, bytes.substr(0, bytes.size() / 2));
  ASSERT_LT(bytes.size() / 2, moov);
  EXPECT_THAT(open_error(cut), StartsWith(cut + " is truncated: its index (moov) is missing"));
  write_file(cut, bytes.substr(0, moov + 100));
  EXPECT_THAT(open_error(cut), StartsWith(cut + " is truncated: its index (moov) is cut off"));
}

TEST_F(DemuxerTest, AnUnreachableAddressIsAnsweredInASentence) {
  // Port 9 of this machine: nothing listens.
  EXPECT_THAT(open_error("tcp://127.0.0.1:9"), StartsWith("tcp://127.0.0.1:9 cannot be opened: "));
}

TEST_F(DemuxerTest, AFileNameMayLookLikeAnAddress) {
  std::filesystem::create_directory(folder_ / "http:");
  const std::string path = folder_ / "a:b 100%.wav";
  ffmpeg(std::string(kSound) + "\"file:" + path + "\"");
  EXPECT_NE(probe(path).audio(), nullptr);
}

TEST_F(DemuxerTest, StopsOnRequest) {
  const std::string path = folder_ / "a.wav";
  ffmpeg(std::string(kSound) + path);
  std::atomic<bool> stop = false;
  Demuxer demuxer(path, {}, &stop);
  EXPECT_TRUE(demuxer.read());
  stop = true;
  EXPECT_FALSE(demuxer.read());
  try {
    Demuxer stopped(path, {}, &stop);
    ADD_FAILURE() << "was opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kStopped);
  }
}

/// A TCP port of this machine that takes connections and never sends.
class SilentServer {
 public:
  SilentServer() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket_, generic, size), 0);
    EXPECT_EQ(listen(socket_, 4), 0);
    EXPECT_EQ(getsockname(socket_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { close(socket_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;

  std::string address() const { return "tcp://127.0.0.1:" + std::to_string(port_); }

 private:
  int socket_;
  int port_ = 0;
};

TEST_F(DemuxerTest, AnAddressThatSendsNothingIsGivenUp) {
  const SilentServer server;
  EXPECT_EQ(open_error(server.address(), {.network_timeout = std::chrono::milliseconds(200)}),
            server.address() + " sent nothing for 0.2 s");
}

}  // namespace
}  // namespace attune::media
