#include "nodes/video_decoder.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "../media/media_files.h"
#include "live/feed_link.h"
#include "nodes/payloads.h"
#include "tests/nodes/node_runner.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;
using std::chrono::milliseconds;

TEST(VideoDecoderNode, OnAFeedThatFallsBehindLeavesPicturesOutUpToOneThatStandsAlone) {
  const media::TemporaryFolder folder;
  const std::string file = folder / "picture.mp4";
  media::ffmpeg(
      "-f lavfi -i testsrc=size=160x90:rate=25 -t 4 -c:v libx264 -preset ultrafast -g 25 " + file);
  const auto level = std::make_shared<std::atomic<int>>(0);
  live::FeedLink link;
  link.load_level = level;
  pipeline::RunContext context;
  context.facts.put(link);
  const auto node = node_of(video_decoder_type());
  node->open(context);

  Emitted out;
  media::Demuxer demuxer(file);
  const auto stream = std::make_shared<const media::StreamInfo>(*demuxer.info().video());
  int number = 0;
  while (auto packet = demuxer.read()) {
    // Pictures 30 to 59 are not to be looked at; the next that stands alone is number 75.
    *level = number >= 30 && number < 60 ? live::kHighestLoadLevel : 0;
    const TimeSpan span = packet->span;
    node->process(0, Packet::data(span, EncodedPacket{stream, std::move(*packet)}), out);
    ++number;
  }
  node->flush(out);
  ASSERT_EQ(number, 100);
  EXPECT_EQ(out.count(0, Packet::Kind::kData), 30u + 25u);
  Timestamp last = Timestamp::min();
  bool told_of_the_gap = false;
  for (const Packet& packet : out.packets.at(0)) {
    EXPECT_GE(packet.span().start, last);
    last = packet.span().start;
    told_of_the_gap = told_of_the_gap || (packet.kind() == Packet::Kind::kWatermark &&
                                          last > milliseconds(2700) && last < milliseconds(3000));
  }
  EXPECT_TRUE(told_of_the_gap) << "those further down would wait";
}

}  // namespace
}  // namespace attune::nodes
