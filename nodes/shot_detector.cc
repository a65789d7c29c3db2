#include "nodes/shot_detector.h"

#include <optional>

#include "align/shot_detector.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

class ShotDetectorNode : public pipeline::Node {
 public:
  explicit ShotDetectorNode(const pipeline::Parameters& parameters)
      : options_{.minimum_change = static_cast<float>(parameters.get<double>("minimum_change")),
                 .minimum_ratio = static_cast<float>(parameters.get<double>("minimum_ratio"))},
        detector_(options_) {}

  void process(std::size_t, const Packet& packet, pipeline::Emitter& out) override {
    if (!packet.is_data()) {
      pass_by(packet.span().start, out);
      return;
    }
    const auto& frame = packet.get<media::GridFrame>();
    last_ = frame.tick;
    const media::Image& gray = *frame.gray;
    const auto thumbnail =
        align::make_thumbnail(gray.pixels.data(), gray.width, gray.height, gray.width);
    if (const auto cut = detector_.push(frame.tick, thumbnail)) emit(*cut, out);
    out.emit(Packet::watermark(token_time(frame.tick - kUndecidedTicks)));
  }

  void flush(pipeline::Emitter& out) override {
    for (const align::ShotCut& cut : detector_.flush()) emit(cut, out);
  }

  void restart(Timestamp) override {
    detector_ = align::ShotDetector(options_);
    last_.reset();
  }

 private:
  static constexpr TokenIndex kUndecidedTicks = 1;
  /// After so long without pictures the ones before are not compared with what follows.
  static constexpr Duration kGap = std::chrono::seconds(1);

  /// No picture before `t` comes.
  void pass_by(Timestamp t, pipeline::Emitter& out) {
    if (last_ && t - token_time(*last_) < kGap) return;
    if (last_) flush(out);
    restart(t);
    out.emit(Packet::watermark(t));
  }

  static void emit(const align::ShotCut& cut, pipeline::Emitter& out) {
    out.emit(Packet::data({token_time(cut.tick), token_time(cut.tick + 1)}, cut));
  }

  align::ShotDetectorOptions options_;
  align::ShotDetector detector_;
  std::optional<TokenIndex> last_;
};

}  // namespace

pipeline::NodeType shot_detector_type() {
  const align::ShotDetectorOptions defaults;
  return {
      .name = "shot_detector",
      .summary = "Finds cuts between camera views",
      .doc =
          "Compares 32 x 18 thumbnails of successive pictures. A cut is a change that is large, "
          "much\n"
          "larger than the changes of the second before, and lasting: flashes are no cuts.\n"
          "Latency: 80 ms. Memory: seven thumbnails.",
      .inputs = {pipeline::port<media::GridFrame>("frames", "pictures on the token grid")},
      .outputs = {pipeline::port<align::ShotCut>("cuts", "the first tick of each new view")},
      .parameters = {{.name = "minimum_change",
                      .default_value = static_cast<double>(defaults.minimum_change),
                      .doc = "smallest mean change of the thumbnail that can be a cut",
                      .unit = "gray levels",
                      .minimum = 0,
                      .maximum = 255},
                     {.name = "minimum_ratio",
                      .default_value = static_cast<double>(defaults.minimum_ratio),
                      .doc = "how many times larger than usual a cut must be",
                      .minimum = 1,
                      .maximum = 100}},
      .concurrency = pipeline::Concurrency::kSerial,
      .reach = std::chrono::seconds(2),
      .latency = [](const pipeline::Parameters&) { return 2 * kTokenPeriod; },
      .example = "cuts: {type: shot_detector, in: grid, minimum_change: 14}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<ShotDetectorNode>(p); },
  };
}

}  // namespace attune::nodes
