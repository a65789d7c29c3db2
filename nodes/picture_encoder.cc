#include "nodes/picture_encoder.h"

#include "live/feed_link.h"
#include "media/jpeg.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

class PictureEncoderNode : public pipeline::Node {
 public:
  explicit PictureEncoderNode(const pipeline::Parameters& parameters)
      : side_(static_cast<int>(parameters.get<std::int64_t>("side"))),
        every_(parameters.get<Duration>("every")) {}

  void open(pipeline::RunContext& context) override {
    const auto* link = context.facts.find<live::FeedLink>();
    if (link != nullptr) watchers_ = link->monitor;
  }

  void process(std::size_t, const Packet& packet, pipeline::Emitter& out) override {
    const Timestamp now = packet.span().start;
    const bool due = packet.is_data() && packet.get<media::GridFrame>().bgr && now >= next_;
    if (due && watchers_ && watchers_->wanted()) {
      const auto& frame = packet.get<media::GridFrame>();
      next_ = now + every_;
      out.emit(Packet::data(packet.span(),
                            JpegPicture{encoder_.encode(*frame.bgr, side_), frame.width,
                                        frame.height}));
    }
    out.emit(Packet::watermark(packet.is_data() ? packet.span().end : now));
  }

  void restart(Timestamp t) override { next_ = t; }

 private:
  int side_;
  Duration every_;
  std::shared_ptr<live::MonitorSink> watchers_;
  media::JpegEncoder encoder_;
  Timestamp next_ = Timestamp::min();
};

}  // namespace

pipeline::NodeType picture_encoder_type() {
  return {
      .name = "picture_encoder",
      .summary = "Makes JPEG pictures for the monitor page",
      .doc =
          "Of the coloured pictures that frame_sampler makes for the face detector, one every so\n"
          "often, and only while somebody watches.\n"
          "Latency: none. Memory: one picture.",
      .inputs = {pipeline::port<media::GridFrame>("frames", "pictures, some with colours")},
      .outputs = {pipeline::port<JpegPicture>("pictures", "JPEG")},
      .parameters = {{.name = "side",
                      .default_value = std::int64_t{640},
                      .doc = "longest side",
                      .unit = "px",
                      .minimum = 64,
                      .maximum = 4096},
                     {.name = "every",
                      .default_value = Duration(std::chrono::milliseconds(150)),
                      .doc = "shortest time between pictures",
                      .minimum = 0.04,
                      .maximum = 60}},
      .concurrency = pipeline::Concurrency::kSerial,
      .latency = [](const pipeline::Parameters&) { return Duration::zero(); },
      .example = "view: {type: picture_encoder, in: grid, every: 200ms}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<PictureEncoderNode>(p); },
  };
}

}  // namespace attune::nodes
