#include "nodes/caption_cues.h"

#include "captions/attribution.h"
#include "captions/layout.h"
#include "captions/placement.h"
#include "captions/speaker_names.h"
#include "nodes/payloads.h"
#include "nodes/speaker_parameters.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

enum Port : std::size_t { kWords, kSegments, kAlignment, kCuts, kTracks };

class CaptionCuesNode : public pipeline::Node {
 public:
  explicit CaptionCuesNode(const pipeline::Parameters& parameters)
      : names_(chosen_names(parameters)),
        off_screen_(parameters.get<std::string>("off_screen")),
        near_speakers_(parameters.get<std::string>("placement") == "speaker") {
    layout_.max_line_length = static_cast<int>(parameters.get<std::int64_t>("line_length"));
    layout_.max_lines = static_cast<int>(parameters.get<std::int64_t>("lines"));
    layout_.min_duration = parameters.get<Duration>("minimum_duration");
    layout_.max_duration = parameters.get<Duration>("maximum_duration");
    layout_.max_reading_speed = parameters.get<double>("reading_speed");
  }

  void open(pipeline::RunContext& context) override {
    const auto* info = context.facts.find<media::MediaInfo>();
    if (info != nullptr && info->video() != nullptr)
      picture_ = {info->video()->width, info->video()->height};
  }

  void process(std::size_t port, const Packet& packet, pipeline::Emitter&) override {
    if (!packet.is_data()) return;
    switch (port) {
      case kWords:
        for (const align::Word& word : packet.get<WordList>().words) words_.push_back(word);
        break;
      case kSegments:
        segments_.push_back(packet.get<align::SpeechSegment>());
        break;
      case kAlignment:
        windows_.push_back(packet.share<align::AlignmentWindow>());
        break;
      case kCuts:
        cuts_.push_back(token_time(packet.get<align::ShotCut>().tick));
        break;
      case kTracks:
        if (near_speakers_) keep_boxes(packet.get<align::FaceTrackChunk>());
        break;
      default:
        break;
    }
  }

  void flush(pipeline::Emitter& out) override {
    auto words = captions::attribute_words(std::move(words_), segments_, windows_);
    const auto names = captions::name_speakers(segments_, names_, off_screen_);
    auto cues = captions::lay_out(std::move(words), names, cuts_, layout_);
    if (near_speakers_) captions::place_near_speakers(cues, faces_, picture_);
    for (captions::Caption& cue : cues) {
      const TimeSpan span = cue.span;
      out.emit(Packet::data(span, std::move(cue)));
    }
  }

 private:
  void keep_boxes(const align::FaceTrackChunk& chunk) {
    for (const align::TrackSlice& slice : chunk.tracks) {
      align::TrackSlice& kept = faces_.emplace_back();
      kept.track = slice.track;
      kept.speaker = slice.speaker;
      kept.first = slice.first;
      kept.boxes = slice.boxes;
    }
  }

  std::map<int, std::string> names_;
  std::string off_screen_;
  captions::LayoutOptions layout_;
  std::vector<align::Word> words_;
  std::vector<align::SpeechSegment> segments_;
  std::vector<std::shared_ptr<const align::AlignmentWindow>> windows_;
  std::vector<Timestamp> cuts_;
  bool near_speakers_;
  captions::PictureShape picture_;
  /// Where the faces are; boxes alone, and only when cues are placed near them.
  std::vector<align::TrackSlice> faces_;
};

std::vector<pipeline::ParameterSpec> parameters() {
  const captions::LayoutOptions defaults;
  std::vector<pipeline::ParameterSpec> specs = {
      {.name = "line_length",
       .default_value = std::int64_t{defaults.max_line_length},
       .doc = "longest line",
       .unit = "characters",
       .minimum = 10,
       .maximum = 200},
      {.name = "lines",
       .default_value = std::int64_t{defaults.max_lines},
       .doc = "lines of a cue",
       .minimum = 1,
       .maximum = 4},
      {.name = "minimum_duration",
       .default_value = defaults.min_duration,
       .doc = "shortest cue, where there is room",
       .minimum = 0,
       .maximum = 5},
      {.name = "maximum_duration",
       .default_value = defaults.max_duration,
       .doc = "longest cue",
       .minimum = 1,
       .maximum = 60},
      {.name = "reading_speed",
       .default_value = defaults.max_reading_speed,
       .doc = "cues stay long enough for this reading speed, where there is room",
       .unit = "characters/s",
       .minimum = 5,
       .maximum = 100},
      {.name = "placement",
       .default_value = std::string("bottom"),
       .doc = "where cues stand: bottom, or speaker: near the face, covering none",
       .choices = {"bottom", "speaker"}}};
  for (pipeline::ParameterSpec& spec : speaker_parameters()) specs.push_back(std::move(spec));
  return specs;
}

}  // namespace

pipeline::NodeType caption_cues_type() {
  return {
      .name = "caption_cues",
      .summary = "Gives words to their speakers and lays them out as cues",
      .doc =
          "A word goes to the person whose face explains its sound, by time and mass; words that "
          "no\n"
          "visible face explains are off screen. Cues follow the usual rules: two lines of 42\n"
          "characters, 5/6 s to 7 s, two frames apart, one speaker each.\n"
          "Latency: the whole recording. Memory: words, segments and alignment.",
      .inputs = {pipeline::port<WordList>("words", "recognised words"),
                 pipeline::port<align::SpeechSegment>("segments", "who speaks when"),
                 pipeline::port<align::AlignmentWindow>("alignment", "how much each face explains"),
                 pipeline::port<align::ShotCut>("cuts", "cues snap to cuts nearby", true),
                 pipeline::port<align::FaceTrackChunk>("tracks", "for cues near faces", true)},
      .outputs = {pipeline::port<captions::Caption>("cues", "in order of time")},
      .parameters = parameters(),
      .concurrency = pipeline::Concurrency::kSerial,
      .emits_at_end = true,
      .example =
          "cues: {type: caption_cues, in: {words: words, segments: segments, alignment: "
          "alignment}}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<CaptionCuesNode>(p); },
  };
}

}  // namespace attune::nodes
