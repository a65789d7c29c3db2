#include "nodes/live_source.h"

#include <gtest/gtest.h>

#include <deque>
#include <fstream>
#include <utility>

#include "../media/media_files.h"
#include "nodes/payloads.h"
#include "tests/nodes/node_runner.h"

namespace attune::nodes {
namespace {

constexpr std::size_t kPacketBytes = 188;

/// The transport stream with the packets of sound so many pictures later than they were: as
/// encoders with a constant rate send them, which let pictures run ahead for as long as their
/// buffer is.
void delay_sound(const std::string& from, const std::string& to, int pictures) {
  std::ifstream in(from, std::ios::binary);
  std::ofstream out(to, std::ios::binary);
  std::deque<std::pair<int, std::string>> sound;
  int seen = 0;
  const auto write_due = [&](int until) {
    for (; !sound.empty() && sound.front().first <= until; sound.pop_front())
      out << sound.front().second;
  };
  for (std::string packet(kPacketBytes, 0); in.read(packet.data(), kPacketBytes);) {
    const int second = static_cast<unsigned char>(packet[1]);
    const int pid = (second & 0x1f) << 8 | static_cast<unsigned char>(packet[2]);
    if (pid == 0x101) {
      sound.emplace_back(seen, packet);
      continue;
    }
    if (pid == 0x100 && (second & 0x40) != 0) ++seen;
    out << packet;
    write_due(seen - pictures);
  }
  write_due(seen);
}

std::size_t sounds_in(const std::string& file) {
  media::Demuxer demuxer(file);
  std::size_t sounds = 0;
  while (const auto packet = demuxer.read()) sounds += packet->kind == media::StreamKind::kAudio;
  return sounds;
}

/// Everything that the source gives of the file, to its end.
Emitted played(const std::string& file) {
  const auto node = node_of(live_source_type(), {{"reconnect", false}, {"recording_speed", 0.0}});
  pipeline::RunContext context;
  context.input = file;
  node->open(context);
  Emitted out;
  while (dynamic_cast<pipeline::SourceNode&>(*node).produce(out)) {
  }
  return out;
}

class LiveSourceNodeTest : public ::testing::TestWithParam<int> {
 protected:
  LiveSourceNodeTest() {
    media::ffmpeg(
        "-f lavfi -i testsrc=size=160x90:rate=25 -f lavfi -i sine=frequency=440:sample_rate=48000 "
        "-t 12 -c:v libx264 -preset ultrafast -g 25 -c:a aac -f mpegts " +
        even_);
  }
  media::TemporaryFolder folder_;
  std::string even_ = folder_ / "even.ts";
};

TEST_P(LiveSourceNodeTest, NoSoundIsLostWherePicturesRunAhead) {
  const std::string file = folder_ / "ahead.ts";
  delay_sound(even_, file, GetParam());
  const Emitted out = played(file);
  const std::size_t all = sounds_in(even_);
  ASSERT_GT(all, 500u);
  EXPECT_EQ(out.count(0, pipeline::Packet::Kind::kData), all);
  Timestamp last = Timestamp::min();
  for (const pipeline::Packet& packet : out.packets.at(0)) {
    EXPECT_GE(packet.span().start, last);
    last = packet.span().start;
  }
}

INSTANTIATE_TEST_SUITE_P(Pictures, LiveSourceNodeTest, ::testing::Values(0, 10, 22, 40));

}  // namespace
}  // namespace attune::nodes
