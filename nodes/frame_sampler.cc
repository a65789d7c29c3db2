#include "nodes/frame_sampler.h"

#include <algorithm>

#include "live/feed_link.h"
#include "media/frame_sampler.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

class FrameSamplerNode : public pipeline::Node {
 public:
  explicit FrameSamplerNode(const pipeline::Parameters& parameters)
      : detector_every_(static_cast<int>(parameters.get<std::int64_t>("detector_every"))),
        sampler_(
            {.max_side = static_cast<int>(parameters.get<std::int64_t>("max_side")),
             .detector_side = static_cast<int>(parameters.get<std::int64_t>("detector_side")),
             .detector_every = detector_every_}) {}

  void open(pipeline::RunContext& context) override {
    link_ = context.facts.find<live::FeedLink>();
  }

  void process(std::size_t, const Packet& packet, pipeline::Emitter& out) override {
    if (!packet.is_data()) {
      out.emit(Packet::watermark(token_time(token_floor(packet.span().start))));
      return;
    }
    const auto& frame = packet.get<media::VideoFrame>();
    if (link_ != nullptr) sampler_.set_detector_every(detector_every_ * link_->measures().detector_divisor);
    sampler_.push(frame, [&out](media::GridFrame grid) {
      const TimeSpan span{token_time(grid.tick), token_time(grid.tick + 1)};
      out.emit(Packet::data(span, std::move(grid)));
    });
    out.emit(Packet::watermark(token_time(token_floor(frame.span.start))));
  }

 private:
  const live::FeedLink* link_ = nullptr;
  int detector_every_;
  media::FrameSampler sampler_;
};

}  // namespace

pipeline::NodeType frame_sampler_type() {
  const media::FrameSamplerOptions defaults;
  return {
      .name = "frame_sampler",
      .summary = "Places pictures on the token grid, 25 per second",
      .doc =
          "At each tick of 40 ms the picture on display then, so that every frame rate, constant "
          "or\n"
          "not, comes out alike. Gray and reduced to max_side; with a coloured copy for the face\n"
          "detector every detector_every ticks.\n"
          "Latency: none. Memory: one picture.",
      .inputs = {pipeline::port<media::VideoFrame>("frames", "pictures of any frame rate")},
      .outputs = {pipeline::port<media::GridFrame>("grid", "pictures on the token grid")},
      .parameters = {{.name = "max_side",
                      .default_value = std::int64_t{defaults.max_side},
                      .doc = "longest side of the gray pictures",
                      .unit = "px",
                      .minimum = 64,
                      .maximum = 8192},
                     {.name = "detector_side",
                      .default_value = std::int64_t{defaults.detector_side},
                      .doc = "longest side of the pictures for the face detector",
                      .unit = "px",
                      .minimum = 64,
                      .maximum = 4096},
                     {.name = "detector_every",
                      .default_value = std::int64_t{4},
                      .doc = "the detector looks at every so many ticks",
                      .unit = "tokens",
                      .minimum = 1,
                      .maximum = 10}},
      .concurrency = pipeline::Concurrency::kSerial,
      .reach = std::chrono::seconds(1),
      .latency = [](const pipeline::Parameters&) { return Duration::zero(); },
      .example = "grid: {type: frame_sampler, in: frames, detector_side: 640, detector_every: 4}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<FrameSamplerNode>(p); },
  };
}

}  // namespace attune::nodes
