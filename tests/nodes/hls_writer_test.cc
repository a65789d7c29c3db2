#include "nodes/hls_writer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "../media/media_files.h"
#include "live/feed_place.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using namespace std::chrono_literals;

class NoOutputs : public pipeline::Emitter {
 public:
  void emit(std::size_t, pipeline::Packet) override { ADD_FAILURE() << "a sink emitted"; }
};

std::unique_ptr<pipeline::Node> hls_node(const std::string& folder) {
  const pipeline::NodeType type = hls_writer_type();
  std::map<std::string, pipeline::ParameterValue> values;
  for (const pipeline::ParameterSpec& spec : type.parameters)
    values[spec.name] = spec.default_value;
  values["folder"] = folder;
  values["keep_all"] = true;
  return type.make(pipeline::Parameters(values));
}

/// The packets of a file as a source gives them, with a caption over each second, in order of time.
void play(pipeline::Node& node, const std::string& file, Duration shift) {
  NoOutputs none;
  media::Demuxer demuxer(file);
  const auto video = std::make_shared<const media::StreamInfo>(*demuxer.info().video());
  Timestamp next = shift;
  while (auto packet = demuxer.read()) {
    packet->span.start += shift;
    packet->span.end += shift;
    const TimeSpan span = packet->span;
    for (; next <= span.start; next += 1s) {
      captions::Caption caption;
      caption.span = {next, next + 1s};
      caption.lines = {"cue"};
      node.process(2, pipeline::Packet::data(caption.span, caption), none);
    }
    node.process(1, pipeline::Packet::data(span, EncodedPacket{video, std::move(*packet)}), none);
  }
  node.flush(none);
}

std::size_t count_in(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    ++count;
  return count;
}

class HlsWriter : public ::testing::Test {
 protected:
  HlsWriter() {
    media::ffmpeg(
        "-f lavfi -i testsrc=size=160x90:rate=25 -t 4 -c:v libx264 -preset ultrafast -g 25 " +
        file_);
  }

  media::TemporaryFolder folder_;
  std::string file_ = folder_ / "picture.mp4";
};

TEST_F(HlsWriter, WritesSegmentsWithTheirCaptions) {
  pipeline::RunContext context;
  const auto node = hls_node(folder_ / "hls");
  node->open(context);
  play(*node, file_, 0s);
  node->close(context);
  const std::string list = media::read_file(folder_ / "hls/media.m3u8");
  EXPECT_EQ(count_in(list, "#EXTINF:2.0"), 2u) << list;
  EXPECT_EQ(count_in(list, "#EXT-X-ENDLIST"), 1u) << list;
  EXPECT_EQ(count_in(media::read_file(folder_ / "hls/segment-00000000.vtt"), "\ncue\n"), 2u);
  EXPECT_EQ(count_in(media::read_file(folder_ / "hls/segment-00000001.vtt"), "\ncue\n"), 2u);
}

TEST_F(HlsWriter, OfAFeedGoesOnInANewGraph) {
  pipeline::RunContext context;
  context.facts.put(live::FeedPlace("studio", folder_ / "studio", {}));
  for (const Duration start : {0s, 10s}) {
    const auto node = hls_node("hls");
    node->open(context);
    node->restart(start);
    play(*node, file_, start);
    // The first graph fails: nothing is closed.
    if (start > 0s) node->close(context);
  }
  const std::string list = media::read_file(folder_ / "studio/hls/media.m3u8");
  EXPECT_EQ(count_in(list, "#EXTINF:2.0"), 4u) << list;
  EXPECT_EQ(count_in(list, "#EXT-X-DISCONTINUITY\n"), 1u) << list;
  EXPECT_EQ(
      count_in(media::read_file(folder_ / "studio/hls/segment-00000003.vtt"), "00:00:13.000 -->"),
      1u);
}

}  // namespace
}  // namespace attune::nodes
