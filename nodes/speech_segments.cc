#include "nodes/speech_segments.h"

#include "align/segments.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

class SpeechSegmentsNode : public pipeline::Node {
 public:
  explicit SpeechSegmentsNode(const pipeline::Parameters& parameters)
      : builder_(make_options(parameters)) {}

  void process(std::size_t, const Packet& packet, pipeline::Emitter& out) override {
    if (!packet.is_data()) return;
    emit(builder_.push(packet.get<align::AlignmentWindow>()), out);
    out.emit(Packet::watermark(token_time(builder_.settled())));
  }

  void flush(pipeline::Emitter& out) override { emit(builder_.flush(), out); }

 private:
  static align::SegmentOptions make_options(const pipeline::Parameters& parameters) {
    align::SegmentOptions options;
    options.start_probability = static_cast<float>(parameters.get<double>("start"));
    options.end_probability = static_cast<float>(parameters.get<double>("end"));
    options.off_screen_start_probability =
        static_cast<float>(parameters.get<double>("off_screen_start"));
    options.off_screen_end_probability =
        static_cast<float>(parameters.get<double>("off_screen_end"));
    options.minimum_speech = parameters.get<Duration>("minimum_speech");
    options.minimum_pause = parameters.get<Duration>("minimum_pause");
    return options;
  }

  static void emit(std::vector<align::SpeechSegment> segments, pipeline::Emitter& out) {
    for (align::SpeechSegment& segment : segments)
      out.emit(Packet::data(segment.span, std::move(segment)));
  }

  align::SegmentBuilder builder_;
};

pipeline::ParameterSpec probability(std::string name, float default_value, std::string doc) {
  return {.name = std::move(name),
          .default_value = static_cast<double>(default_value),
          .doc = std::move(doc),
          .minimum = 0,
          .maximum = 1};
}

pipeline::ParameterSpec length(std::string name, Duration default_value, std::string doc) {
  return {.name = std::move(name),
          .default_value = default_value,
          .doc = std::move(doc),
          .minimum = 0,
          .maximum = 60};
}

}  // namespace

pipeline::NodeType speech_segments_type() {
  const align::SegmentOptions defaults;
  return {
      .name = "speech_segments",
      .summary = "Finds who speaks when, on screen and off",
      .doc =
          "Hysteresis on the speaking probability of each person and on that of speech off "
          "screen;\n"
          "pauses shorter than minimum_pause are bridged, speech shorter than minimum_speech is\n"
          "dropped. People may overlap; speech off screen is what no visible face explains.\n"
          "Latency: minimum_pause. Memory: the open segments.",
      .inputs = {pipeline::port<align::AlignmentWindow>("alignment", "speaking logits")},
      .outputs = {pipeline::port<align::SpeechSegment>("segments", "in order of their start")},
      .parameters = {probability("start", defaults.start_probability, "speech begins above"),
                     probability("end", defaults.end_probability, "speech ends below"),
                     probability("off_screen_start", defaults.off_screen_start_probability,
                                 "speech off screen begins above"),
                     probability("off_screen_end", defaults.off_screen_end_probability,
                                 "speech off screen ends below"),
                     length("minimum_speech", defaults.minimum_speech, "shorter speech is dropped"),
                     length("minimum_pause", defaults.minimum_pause, "shorter pauses are bridged")},
      .concurrency = pipeline::Concurrency::kSerial,
      .example = "segments: {type: speech_segments, in: alignment, minimum_pause: 400ms}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<SpeechSegmentsNode>(p); },
  };
}

}  // namespace attune::nodes
