// Live sources against real peers on loopback: the ffmpeg program, sockets that misbehave, pipes.

#include "media/live_input.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "../thrown_error.h"
#include "core/log.h"
#include "live_peers.h"
#include "media/libav.h"
#include "media_files.h"

namespace attune::media {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Captures what the libraries log.
class CapturedLog {
 public:
  CapturedLog() {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
    auto logger = std::make_shared<spdlog::logger>("attune", sink);
    logger->set_level(spdlog::level::trace);
    spdlog::drop("attune");
    spdlog::register_logger(logger);
  }
  ~CapturedLog() { spdlog::drop("attune"); }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
};

std::size_t open_descriptors() {
  std::size_t n = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    static_cast<void>(entry);
    ++n;
  }
  return n;
}

LiveInputOptions impatient() {
  LiveInputOptions options;
  options.stall_timeout = milliseconds(1'500);
  options.first_delay = milliseconds(20);
  options.longest_delay = milliseconds(100);
  return options;
}

class LiveInputTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    ffmpeg(
        "-f lavfi -i testsrc=s=160x120:r=25:d=4 -f lavfi -i sine=440:r=48000:d=4 -c:v libx264 "
        "-preset ultrafast -g 12 -bf 2 -c:a aac -ac 2 -shortest " +
        clip());
  }
  static void TearDownTestSuite() { delete folder_; }

  static std::string clip() { return *folder_ / "clip.ts"; }
  static std::string publish(const std::string& to) {
    return "ffmpeg -nostdin -v quiet -re -stream_loop -1 -i " + clip() + " -c copy " + to;
  }

  /// Three quarters of a second of both.
  static bool is_enough(const Received& received) {
    return received.count(StreamKind::kVideo) >= 20 && received.count(StreamKind::kAudio) >= 25;
  }
  static void expect_sound_and_picture(LiveInput& input) {
    const Received received = receive(input, seconds(8), is_enough);
    EXPECT_TRUE(is_enough(received)) << input.status().problem;
    expect_one_clock(received);
    expect_decodable(received);
  }
  static void expect_decodable(const Received& received) {
    std::optional<VideoDecoder> video;
    std::optional<AudioDecoder> audio;
    std::size_t pictures = 0;
    Duration sound{};
    for (const LiveItem& item : received.items) {
      if (item.kind != LiveItem::Kind::kPacket) continue;
      if (item.packet.kind == StreamKind::kVideo) {
        if (!video) video.emplace(*item.stream, CodecOptions{});
        video->decode(*item.packet.data, [&](VideoFrame) { ++pictures; });
      } else {
        if (!audio) audio.emplace(*item.stream);
        audio->decode(*item.packet.data,
                      [&](AudioChunk chunk) { sound += chunk.end() - chunk.start; });
      }
    }
    EXPECT_GT(pictures, 10U);
    EXPECT_GT(sound, milliseconds(400));
    if (video) {
      EXPECT_EQ(video->statistics().damaged_packets, 0);
    }
  }

  static TemporaryFolder* folder_;
};

TemporaryFolder* LiveInputTest::folder_ = nullptr;

TEST_F(LiveInputTest, ReceivesDatagrams) {
  const std::string address = "udp://127.0.0.1:" + free_port(SOCK_DGRAM);
  LiveInput input(address, impatient());
  const Peer publisher(publish("-f mpegts " + address + "?pkt_size=1316"));
  expect_sound_and_picture(input);
  const InputStatus status = input.status();
  EXPECT_EQ(status.state, InputState::kRunning);
  EXPECT_EQ(status.problem, "");
  EXPECT_EQ(status.connections, 1);
  EXPECT_EQ(input.info()->container, "mpegts");
  EXPECT_LT(status.silence, seconds(1));
  // On a busy machine the first half second may be shorter than it was.
  const auto end = std::chrono::steady_clock::now() + seconds(5);
  while (!input.arrival(input.now() - milliseconds(500)) && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(milliseconds(20));
  EXPECT_TRUE(input.arrival(input.now() - milliseconds(500)));
}

TEST_F(LiveInputTest, ConnectsAnewWhenTheServerDiesAndGoesOnOnOneClock) {
  const std::string port = free_port();
  const std::string server = publish("-f mpegts 'tcp://127.0.0.1:" + port + "?listen=1'");
  LiveInput input("tcp://127.0.0.1:" + port, impatient());
  auto first = std::make_unique<Peer>(server);
  Received all = receive(input, seconds(8), is_enough);
  ASSERT_TRUE(is_enough(all)) << input.status().problem;
  first.reset();
  const Peer second(server);
  int breaks = 0;
  const Received rest = receive(input, seconds(8), [&](const Received& received) {
    breaks += received.items.back().kind == LiveItem::Kind::kDiscontinuity ? 1 : 0;
    return breaks > 0 && received.items.back().packet.kind == StreamKind::kVideo;
  });
  EXPECT_EQ(breaks, 1);
  all.items.insert(all.items.end(), rest.items.begin(), rest.items.end());
  expect_one_clock(all);
  EXPECT_EQ(input.status().connections, 2);
  EXPECT_EQ(input.status().discontinuities, 2);
}

TEST_F(LiveInputTest, ReceivesSrt) {
  const std::string port = free_port(SOCK_DGRAM);
  const Peer server(publish("-f mpegts 'srt://127.0.0.1:" + port + "?mode=listener'"));
  LiveInput input("srt://127.0.0.1:" + port, impatient());
  expect_sound_and_picture(input);
}

TEST_F(LiveInputTest, TakesAnRtmpPublisher) {
  const std::string address = "rtmp://127.0.0.1:" + free_port() + "/live/key";
  LiveInputOptions options = impatient();
  options.format_options["listen"] = "1";
  LiveInput input(address, options);
  std::this_thread::sleep_for(milliseconds(200));
  const Peer publisher(publish("-f flv " + address));
  expect_sound_and_picture(input);
  EXPECT_EQ(input.info()->container.substr(0, 3), "flv");
}

TEST_F(LiveInputTest, PlaysAFileToItsEndWithoutLosingAnything) {
  LiveInputOptions options;
  options.reconnect = false;
  options.recording_speed = 0;
  options.longest_backlog = milliseconds(500);
  LiveInput input(clip(), options);
  const Received received = receive(input, seconds(5), [](const Received&) { return false; });
  ASSERT_EQ(received.items.back().kind, LiveItem::Kind::kEnd);
  EXPECT_EQ(received.count(StreamKind::kVideo), 100U);
  EXPECT_GE(received.count(StreamKind::kAudio), 187U);
  EXPECT_EQ(received.count(LiveItem::Kind::kDiscontinuity), 1U);
  EXPECT_EQ(input.status().pictures_dropped, 0);
  EXPECT_EQ(input.status().state, InputState::kEnded);
  EXPECT_EQ(input.next({})->kind, LiveItem::Kind::kEnd);
  expect_decodable(received);
}

TEST_F(LiveInputTest, ReadsAFileAtTheSpeedAskedFor) {
  LiveInputOptions options;
  options.reconnect = false;
  options.recording_speed = 8;
  LiveInput input(clip(), options);
  receive(input, seconds(5), [](const Received&) { return false; });
  EXPECT_GT(input.now(), milliseconds(450));
  EXPECT_LT(input.now(), milliseconds(2'000));
}

TEST_F(LiveInputTest, FollowsAFileThatGrows) {
  const std::string whole = read_file(clip());
  const std::string path = *folder_ / "growing.ts";
  write_file(path, "");
  LiveInputOptions options = impatient();
  options.recording_speed = 0;
  options.growing_timeout = milliseconds(500);
  LiveInput input(path, options);
  std::thread writer([&] {
    for (std::size_t at = 0; at < whole.size(); at += whole.size() / 8) {
      std::ofstream(path, std::ios::binary | std::ios::app) << whole.substr(at, whole.size() / 8);
      std::this_thread::sleep_for(milliseconds(50));
    }
  });
  const Received received = receive(input, seconds(6), [](const Received&) { return false; });
  writer.join();
  ASSERT_EQ(received.items.back().kind, LiveItem::Kind::kEnd);
  EXPECT_EQ(received.count(StreamKind::kVideo), 100U);
  EXPECT_EQ(received.count(LiveItem::Kind::kDiscontinuity), 1U);
}

TEST_F(LiveInputTest, ChangedParametersAreABreakWithNewStreams) {
  // An encoder that is set up anew while it publishes: FLV with other sequence headers.
  const std::string small = *folder_ / "small.flv";
  const std::string large = *folder_ / "large.flv";
  ffmpeg(
      "-f lavfi -i testsrc=s=160x120:r=25:d=2 -f lavfi -i sine=440:r=44100:d=2 -c:v libx264 "
      "-preset ultrafast -c:a aac -f flv " +
      small);
  ffmpeg(
      "-f lavfi -i testsrc=s=320x240:r=25:d=2 -f lavfi -i sine=440:r=22050:d=2 -c:v libx264 "
      "-preset ultrafast -c:a aac -f flv " +
      large);
  const std::string joined = *folder_ / "joined.flv";
  // Without the second file's own header.
  write_file(joined, read_file(small) + read_file(large).substr(13));
  LiveInputOptions options;
  options.reconnect = false;
  options.recording_speed = 0;
  LiveInput input(joined, options);
  const Received received = receive(input, seconds(5), [](const Received&) { return false; });
  expect_one_clock(received);
  std::map<const StreamInfo*, std::unique_ptr<VideoDecoder>> decoders;
  std::map<int, int> widths;
  for (const LiveItem& item : received.items) {
    if (item.packet.kind != StreamKind::kVideo) continue;
    auto& decoder = decoders[item.stream.get()];
    if (!decoder) decoder = std::make_unique<VideoDecoder>(*item.stream, CodecOptions{});
    decoder->decode(*item.packet.data, [&](VideoFrame frame) { ++widths[frame.width]; });
  }
  EXPECT_GE(decoders.size(), 2U);
  EXPECT_GE(widths[160], 45);
  EXPECT_GE(widths[320], 45);
  EXPECT_GE(received.count(LiveItem::Kind::kDiscontinuity), 2U);
}

TEST_F(LiveInputTest, AnotherCodecUnderTheSameIdentifierIsNoticed) {
  const std::string other = *folder_ / "other.ts";
  ffmpeg(
      "-f lavfi -i testsrc=s=320x240:r=25:d=2 -f lavfi -i sine=440:r=44100:d=2 -c:v mpeg2video "
      "-c:a mp2 " +
      other);
  const std::string first = read_file(clip());
  const std::string second = read_file(other);
  const Listener listener;
  std::atomic<int> callers = 0;
  std::thread server([&] {
    // The encoder changes while the first caller listens; the next finds what it sends now.
    for (int caller = 0; (caller = listener.accept()) >= 0; ++callers) {
      if (callers == 0) send(caller, first.data(), first.size(), MSG_NOSIGNAL);
      send(caller, second.data(), second.size(), MSG_NOSIGNAL);
      char end = 0;
      static_cast<void>(!read(caller, &end, 1));
      close(caller);
    }
  });
  {
    LiveInput input("tcp://127.0.0.1:" + std::to_string(listener.port()), impatient());
    bool has_changed = false;
    const Received received = receive(input, seconds(5), [&](const Received& r) {
      const LiveItem& item = r.items.back();
      return has_changed = item.stream && item.stream->codec == "mpeg2video";
    });
    EXPECT_TRUE(has_changed) << input.status().problem;
    expect_one_clock(received);
    EXPECT_LT(input.now(), seconds(2));
    EXPECT_EQ(input.info()->audio()->codec, "mp2");
  }
  listener.shut_down();
  server.join();
}

TEST_F(LiveInputTest, AnotherTrackIsHeardWhenTheOneTakenFallsSilent) {
  const std::string path = *folder_ / "two.ts";
  ffmpeg(
      "-f lavfi -i testsrc=s=160x120:r=25:d=5 -f lavfi -i sine=440:d=1.5 -f lavfi -i sine=880:d=5 "
      "-map 0 -map 1 -map 2 -c:v libx264 -preset ultrafast -c:a mp2 " +
      path);
  LiveInputOptions options;
  options.reconnect = false;
  options.recording_speed = 5;
  options.stall_timeout = milliseconds(250);
  LiveInput input(path, options);
  const Received received = receive(input, seconds(5), [](const Received&) { return false; });
  EXPECT_EQ(received.count(LiveItem::Kind::kDiscontinuity), 2U);
  std::map<int, Timestamp> last;
  for (const LiveItem& item : received.items)
    if (item.packet.kind == StreamKind::kAudio) last[item.stream->index] = item.time;
  ASSERT_EQ(last.size(), 2U);
  EXPECT_GT(last[2] - last[1], seconds(1));
  EXPECT_EQ(input.info()->audio()->index, 2);
  expect_one_clock(received);
}

TEST_F(LiveInputTest, ANamedPipeIsHeardAndLeftWhileItIsSilent) {
  const std::string path = *folder_ / "pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  LiveInput input(path, impatient());
  const Peer writer(publish("-f mpegts -y " + path));
  expect_sound_and_picture(input);
  writer.signal(SIGSTOP);
  const auto begin = std::chrono::steady_clock::now();
  input.stop();
  while (input.next(milliseconds(10))->kind != LiveItem::Kind::kEnd) {
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(500));
  writer.signal(SIGCONT);
}

TEST_F(LiveInputTest, ADeviceIsReadAtItsOwnPace) {
  LiveInput input("lavfi:testsrc=s=64x64:r=25:d=0.8[out0];sine=r=48000:d=0.8[out1]", impatient());
  const Received received = receive(input, seconds(5), [](const Received&) { return false; });
  EXPECT_EQ(received.items.back().kind, LiveItem::Kind::kEnd);
  EXPECT_EQ(received.count(StreamKind::kVideo), 20U);
  expect_one_clock(received);
  expect_decodable(received);
  EXPECT_GT(input.now(), milliseconds(700));
  // Of FFmpeg 5 and 7.
  EXPECT_THAT(input.info()->video()->codec, testing::AnyOf("rawvideo", "wrapped_avframe"));
}

TEST_F(LiveInputTest, ResumingGivesABreakAndAPictureThatStandsAlone) {
  LiveInput input(clip(), impatient());
  receive(input, seconds(5), [](const Received& r) { return r.count(StreamKind::kVideo) == 15; });
  input.resume();
  const Received after = receive(
      input, seconds(5), [](const Received& r) { return r.count(StreamKind::kVideo) == 3; });
  ASSERT_EQ(after.items.front().kind, LiveItem::Kind::kDiscontinuity);
  for (const LiveItem& item : after.items) {
    if (item.packet.kind != StreamKind::kVideo) continue;
    EXPECT_NE(item.packet.data->flags & AV_PKT_FLAG_KEY, 0);
    break;
  }
  expect_one_clock(after);
}

TEST(LiveInputFaultTest, ASilentServerIsNoticedAndLeft) {
  const Listener listener;
  LiveInputOptions options = impatient();
  options.stall_timeout = milliseconds(200);
  std::optional<LiveInput> input;
  input.emplace("tcp://127.0.0.1:" + std::to_string(listener.port()), options);
  // Two callers: the first was given up.
  close(listener.accept());
  close(listener.accept());
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_FALSE(input->status().problem.empty());
  const int silent = listener.accept();
  std::this_thread::sleep_for(milliseconds(350));
  EXPECT_NE(input->status().problem.find("has sent nothing for 0.2 s"), std::string::npos)
      << input->status().problem;
  const auto begin = std::chrono::steady_clock::now();
  input.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(1));
  close(silent);
}

TEST(LiveInputFaultTest, GarbageIsSaidAndTriedAgain) {
  const Listener listener;
  LiveInputOptions options = impatient();
  options.stall_timeout = milliseconds(400);
  LiveInput input("tcp://127.0.0.1:" + std::to_string(listener.port()), options);
  std::string garbage(200'000, ' ');
  unsigned seed = 1;
  for (char& c : garbage) c = static_cast<char>((seed = seed * 1'103'515'245 + 12'345) >> 16);
  for (int i = 0; i < 2; ++i) {
    const int caller = listener.accept();
    static_cast<void>(!send(caller, garbage.data(), garbage.size(), MSG_NOSIGNAL));
    close(caller);
  }
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_NE(input.status().problem, "");
  EXPECT_FALSE(input.next({}));
}

TEST(LiveInputFaultTest, SecretsAreNeverSaid) {
  const CapturedLog log;
  for (const std::string scheme : {"rtsp", "rtmp", "http", "srt"}) {
    LiveInputOptions options = impatient();
    options.reconnect = false;
    LiveInput input(
        scheme + "://someone:hush1@127.0.0.1:" + free_port() + "/live/hush2?token=hush3", options);
    std::string message;
    try {
      while (!input.next(seconds(5))) {
      }
    } catch (const Error& error) {
      message = error.what();
    }
    EXPECT_NE(message, "") << scheme;
    message += input.status().problem;
    EXPECT_EQ(message.find("hush1"), std::string::npos) << message;
    EXPECT_EQ(message.find("hush3"), std::string::npos) << message;
    if (scheme == "rtmp") {
      EXPECT_EQ(message.find("hush2"), std::string::npos) << message;
    }
  }
  EXPECT_NE(log.text(), "");
  EXPECT_EQ(log.text().find("hush1"), std::string::npos) << log.text();
  EXPECT_EQ(log.text().find("hush3"), std::string::npos) << log.text();
}

TEST(LiveInputFaultTest, TheHostThatIsNotKnownIsNamed) {
  LiveInputOptions options = impatient();
  options.reconnect = false;
  LiveInput input("rtsp://no-such-host.invalid/1", options);
  const std::string message = thrown_error(ErrorKind::kInput, [&] { input.next(seconds(10)); });
  EXPECT_NE(message.find("no-such-host.invalid is not known"), std::string::npos) << message;
}

TEST(LiveInputFaultTest, APlaylistThatLeadsAwayIsRefusedForGood) {
  struct Case {
    const char* head;
    std::string body;
    const char* said;
  };
  const std::string begin = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n";
  for (const Case& c :
       {Case{"200 OK", begin + "file:///etc/passwd\n", "local file"},
        Case{"200 OK", begin + "gopher://127.0.0.1/1\n", "gopher"},
        Case{"200 OK", begin + "http://10.255.255.1/a.ts\n", "another server"},
        Case{"200 OK", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://other/a.m3u8\n",
             "another server"},
        Case{"302 Found\r\nLocation: http://localhost:9/b.m3u8", "", "localhost"}}) {
    // FFmpeg follows a redirection to where nobody listens before it says where that was.
    if (std::string(c.head).starts_with("302")) continue;
    const WebServer server(c.head, c.body);
    LiveInput input(server.address("/live/a.m3u8"), impatient());
    const std::string message = thrown_error(ErrorKind::kInput, [&] { input.next(seconds(5)); });
    EXPECT_NE(message.find(c.said), std::string::npos) << message;
    EXPECT_EQ(input.next({})->kind, LiveItem::Kind::kEnd);
    EXPECT_EQ(input.status().state, InputState::kEnded);
    EXPECT_EQ(input.status().problem, message);
  }
}

TEST(LiveInputFaultTest, ARedirectionToAnotherServerIsRefused) {
  const WebServer other("200 OK", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n");
  const WebServer server("302 Found\r\nLocation: " + other.address("/b.m3u8"));
  for (const std::string path : {"/a.m3u8", "/a.ts"}) {
    LiveInput input(server.address(path), impatient());
    const std::string message = thrown_error(ErrorKind::kInput, [&] { input.next(seconds(5)); });
    EXPECT_NE(message.find("another server, " + other.address("/b.m3u8")), std::string::npos)
        << message;
  }
}

TEST(LiveInputFaultTest, WrongCredentialsAreSaid) {
  const WebServer server("401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"");
  LiveInputOptions options = impatient();
  options.reconnect = false;
  LiveInput input(server.address("/a.ts"), options);
  const std::string message = thrown_error(ErrorKind::kInput, [&] { input.next(seconds(5)); });
  EXPECT_NE(message.find("check user name, password"), std::string::npos) << message;
}

TEST(LiveInputFaultTest, WhatIsNoMediaEndsAFileWithTheReason) {
  const TemporaryFolder folder;
  write_file(folder / "text.ts", std::string(5'000, 'x'));
  LiveInputOptions options;
  options.reconnect = false;
  LiveInput input(folder / "text.ts", options);
  const std::string message = thrown_error(ErrorKind::kInput, [&] { input.next(seconds(5)); });
  EXPECT_NE(message.find("text.ts is not a media file"), std::string::npos) << message;
  EXPECT_EQ(input.next({})->kind, LiveItem::Kind::kEnd);
}

TEST(LiveInputFaultTest, ThreeHundredReconnectionsLeaveNoDescriptorBehind) {
  const Listener listener;
  std::atomic<int> callers = 0;
  std::thread server([&] {
    for (int caller = 0; (caller = listener.accept()) >= 0; close(caller)) ++callers;
  });
  LiveInputOptions options = impatient();
  options.first_delay = {};
  options.longest_delay = milliseconds(1);
  const std::size_t before = open_descriptors();
  {
    LiveInput input("tcp://127.0.0.1:" + std::to_string(listener.port()), options);
    while (callers < 300) std::this_thread::sleep_for(milliseconds(5));
    EXPECT_EQ(input.status().state == InputState::kEnded, false);
  }
  EXPECT_EQ(open_descriptors(), before);
  listener.shut_down();
  server.join();
}

}  // namespace
}  // namespace attune::media
