#include "nodes/speech_segments.h"

#include <algorithm>

#include "align/segments.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

class SpeechSegmentsNode : public pipeline::Node {
 public:
  explicit SpeechSegmentsNode(const pipeline::Parameters& parameters)
      : in_order_of_end_(parameters.get<bool>("live")), builder_(make_options(parameters)) {}

  void process(std::size_t, const Packet& packet, pipeline::Emitter& out) override {
    if (!packet.is_data()) {
      // A segment that is open, and waits, begins earlier than what is known.
      if (in_order_of_end_) pass_by(packet.span().start, out);
      return;
    }
    now_ = packet.span().end;
    emit(builder_.push(packet.get<align::AlignmentWindow>()), out);
    say_who_speaks(out);
    pass_by(in_order_of_end_ ? now_ : token_time(builder_.settled()), out);
  }

  void flush(pipeline::Emitter& out) override {
    emit(builder_.flush(), out);
    say_who_speaks(out);
  }

  void restart(Timestamp t) override {
    now_ = t;
    builder_.restart(token_floor(t));
  }

 private:
  enum Output : std::size_t { kSegments, kSpeaking };

  /// Nothing that belongs before `t` follows.
  void pass_by(Timestamp t, pipeline::Emitter& out) const {
    out.emit(kSegments, Packet::watermark(t));
    out.emit(kSpeaking, Packet::watermark(std::max(t, now_)));
  }

  /// Where somebody begins, goes on or has ended to speak.
  void say_who_speaks(pipeline::Emitter& out) {
    SpeakingNow speaking{builder_.speaking()};
    if (speaking.segments.empty() && !somebody_spoke_) return;
    somebody_spoke_ = !speaking.segments.empty();
    out.emit(kSpeaking, Packet::data({now_, now_}, std::move(speaking)));
  }

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
    options.in_order_of_end = parameters.get<bool>("live");
    return options;
  }

  void emit(std::vector<align::SpeechSegment> segments, pipeline::Emitter& out) const {
    for (align::SpeechSegment& segment : segments) {
      const TimeSpan span = in_order_of_end_ ? TimeSpan{now_, now_} : segment.span;
      out.emit(Packet::data(span, std::move(segment)));
    }
  }

  bool in_order_of_end_;
  align::SegmentBuilder builder_;
  /// Time up to which the alignment is known.
  Timestamp now_ = Timestamp::min();
  bool somebody_spoke_ = false;
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
      .outputs = {pipeline::port<align::SpeechSegment>("segments", "in order of their start"),
                  pipeline::port<SpeakingNow>("speaking", "who speaks at the moment")},
      .parameters = {probability("start", defaults.start_probability, "speech begins above"),
                     probability("end", defaults.end_probability, "speech ends below"),
                     probability("off_screen_start", defaults.off_screen_start_probability,
                                 "speech off screen begins above"),
                     probability("off_screen_end", defaults.off_screen_end_probability,
                                 "speech off screen ends below"),
                     length("minimum_speech", defaults.minimum_speech, "shorter speech is dropped"),
                     length("minimum_pause", defaults.minimum_pause, "shorter pauses are bridged"),
                     {.name = "live",
                      .default_value = false,
                      .doc = "a segment comes out when it has ended, whoever began to speak before"}},
      .concurrency = pipeline::Concurrency::kSerial,
      .latency = [](const pipeline::Parameters& p) { return p.get<Duration>("minimum_pause"); },
      .example = "segments: {type: speech_segments, in: alignment, minimum_pause: 400ms}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<SpeechSegmentsNode>(p); },
  };
}

}  // namespace attune::nodes
