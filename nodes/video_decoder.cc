#include "nodes/video_decoder.h"

#include <algorithm>
#include <optional>

#include "live/feed_link.h"
#include "media/video_decoder.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

class VideoDecoderNode : public pipeline::Node {
 public:
  explicit VideoDecoderNode(const pipeline::Parameters& parameters) {
    options_.threads = static_cast<int>(parameters.get<std::int64_t>("threads"));
    options_.skip_loop_filter = parameters.get<bool>("fast");
  }

  void open(pipeline::RunContext& context) override {
    link_ = context.facts.find<live::FeedLink>();
  }

  void process(std::size_t, const Packet& packet, pipeline::Emitter& out) override {
    if (!packet.is_data()) {
      // The source knows that no picture comes for a while: what is held back would wait for it.
      flush(out);
      out.emit(packet);
      return;
    }
    const auto& encoded = packet.get<EncodedPacket>();
    if (must_leave_out(encoded.packet)) {
      leave_out(encoded.packet.span.start, out);
      return;
    }
    is_leaving_out_ = false;
    if (!decoder_) decoder_.emplace(*encoded.stream, options_);
    if (link_ != nullptr) decoder_->set_reference_only(link_->measures().only_reference_pictures);
    decoder_->decode(*encoded.packet.data, sink(out));
  }

  void flush(pipeline::Emitter& out) override {
    if (decoder_) decoder_->flush(sink(out));
  }

  void restart(Timestamp time) override {
    decoder_.reset();
    is_leaving_out_ = false;
    latest_ = time;
  }

 private:
  /// Where the machine does not follow: by the policy, and what has waited for so long that its
  /// result would be late, whatever the policy says yet. Then up to the next that stands alone.
  bool must_leave_out(const media::MediaPacket& picture) const {
    if (link_ == nullptr) return false;
    const Timestamp time = picture.span.start;
    if (!link_->measures().pictures || (link_->age && link_->age(time) > kStale)) return true;
    return is_leaving_out_ && (!picture.is_key() || time < latest_);
  }

  void leave_out(Timestamp time, pipeline::Emitter& out) {
    // What is held back would wait for the next.
    if (!is_leaving_out_) flush(out);
    is_leaving_out_ = true;
    if (link_->observer) link_->observer->picture_left_out();
    latest_ = std::max(latest_, time - kReordering);
    out.emit(Packet::watermark(latest_));
  }

  media::VideoDecoder::Sink sink(pipeline::Emitter& out) {
    return [this, &out](media::VideoFrame frame) {
      const TimeSpan span = frame.span;
      latest_ = std::max(latest_, span.start);
      out.emit(Packet::data(span, std::move(frame)));
    };
  }

  /// Longer than a picture waits in a source that gives several seconds at once.
  static constexpr Duration kStale = std::chrono::milliseconds(1500);
  /// How much earlier than one before it a picture may be shown.
  static constexpr std::chrono::milliseconds kReordering{200};

  const live::FeedLink* link_ = nullptr;
  media::CodecOptions options_;
  bool is_leaving_out_ = false;
  /// No later picture comes before it.
  Timestamp latest_{};
  std::optional<media::VideoDecoder> decoder_;
};

}  // namespace

pipeline::NodeType video_decoder_type() {
  return {
      .name = "video_decoder",
      .summary = "Decodes pictures",
      .doc =
          "Pictures in the decoder's own pixel format, with strictly increasing times. Damage is\n"
          "concealed where the codec can, else left out; both are logged. On a live feed that "
          "falls\n"
          "behind, pictures are left out up to the next that stands alone.\n"
          "Latency: one frame and the codec's own. Memory: the codec's reference pictures.",
      .inputs = {pipeline::port<EncodedPacket>("packets", "packets of a video stream")},
      .outputs = {pipeline::port<media::VideoFrame>("frames", "pictures of any frame rate")},
      .parameters = {{.name = "threads",
                      .default_value = std::int64_t{1},
                      .doc = "threads of the codec, beside those of the graph",
                      .minimum = 1,
                      .maximum = 64},
                     {.name = "fast",
                      .default_value = false,
                      .doc = "leave out the loop filter: faster, slightly blocky pictures"}},
      .concurrency = pipeline::Concurrency::kSerial,
      .reach = std::chrono::seconds(1),
      .latency = [](const pipeline::Parameters&) { return kTokenPeriod; },
      .example = "frames: {type: video_decoder, in: source.video, threads: 1}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<VideoDecoderNode>(p); },
  };
}

}  // namespace attune::nodes
