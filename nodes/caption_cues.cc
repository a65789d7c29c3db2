#include "nodes/caption_cues.h"

#include "captions/attribution.h"
#include "captions/layout.h"
#include "captions/placement.h"
#include "captions/profile.h"
#include "captions/speaker_names.h"
#include "media/media_info.h"
#include "nodes/payloads.h"
#include "nodes/speaker_parameters.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

enum Port : std::size_t { kWords, kSegments, kAlignment, kCuts, kTracks };

/// What the user sets besides the profile; zero: as the profile says.
struct Overrides {
  int line_length = 0;
  int lines = 0;
  Duration minimum_duration{};
  Duration maximum_duration{};
  double reading_speed = 0;
};

captions::Profile with(captions::Profile profile, const Overrides& overrides) {
  for (captions::ScriptLimits& limits : profile.scripts) {
    if (overrides.line_length > 0) limits.max_columns = overrides.line_length;
    if (overrides.reading_speed > 0) limits.max_reading_speed = overrides.reading_speed;
  }
  if (overrides.lines > 0) profile.max_lines = overrides.lines;
  if (overrides.minimum_duration > Duration::zero())
    profile.min_duration = overrides.minimum_duration;
  if (overrides.maximum_duration > Duration::zero())
    profile.max_duration = overrides.maximum_duration;
  return profile;
}

class CaptionCuesNode : public pipeline::Node {
 public:
  explicit CaptionCuesNode(const pipeline::Parameters& parameters)
      : names_(chosen_names(parameters)),
        off_screen_(parameters.get<std::string>("off_screen")),
        profile_(parameters.get<std::string>("layout")),
        near_speakers_(parameters.get<std::string>("placement") == "speaker") {
    overrides_.line_length = static_cast<int>(parameters.get<std::int64_t>("line_length"));
    overrides_.lines = static_cast<int>(parameters.get<std::int64_t>("lines"));
    overrides_.minimum_duration = parameters.get<Duration>("minimum_duration");
    overrides_.maximum_duration = parameters.get<Duration>("maximum_duration");
    overrides_.reading_speed = parameters.get<double>("reading_speed");
    layout_.name_labels = parameters.get<bool>("name_labels");
  }

  /// The source knows the frame rate by now.
  void open(pipeline::RunContext& context) override {
    double frame_rate = 0;
    const auto* info = context.facts.find<media::MediaInfo>();
    const media::StreamInfo* video = info == nullptr ? nullptr : info->video();
    if (video != nullptr && video->frame_rate.known()) frame_rate = video->frame_rate.value();
    if (video != nullptr) picture_ = {video->width, video->height};
    layout_.shift.earliest = context.start;
    layout_.profile = with(captions::profile(profile_, frame_rate), overrides_);
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
  std::string profile_;
  Overrides overrides_;
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

std::vector<std::string> layout_names() {
  const auto names = captions::profile_names();
  return {names.begin(), names.end()};
}

std::vector<pipeline::ParameterSpec> parameters() {
  std::vector<pipeline::ParameterSpec> specs = {
      {.name = "layout",
       .default_value = std::string("netflix"),
       .doc = "the rules that cues follow",
       .choices = layout_names()},
      {.name = "name_labels",
       .default_value = true,
       .doc = "leave room for \"Name: \" where the speaker changes, which SubRip files show"},
      {.name = "line_length",
       .default_value = std::int64_t{0},
       .doc = "longest line; 0: as the layout says",
       .unit = "characters",
       .minimum = 0,
       .maximum = 200},
      {.name = "lines",
       .default_value = std::int64_t{0},
       .doc = "lines of a cue; 0: as the layout says",
       .minimum = 0,
       .maximum = 4},
      {.name = "minimum_duration",
       .default_value = Duration{},
       .doc = "shortest cue; 0: as the layout says",
       .minimum = 0,
       .maximum = 5},
      {.name = "maximum_duration",
       .default_value = Duration{},
       .doc = "longest cue; 0: as the layout says",
       .minimum = 0,
       .maximum = 60},
      {.name = "reading_speed",
       .default_value = 0.0,
       .doc = "cues stay long enough for this reading speed, where there is room; in words for bbc "
              "and cea608; 0: as the layout says",
       .unit = "characters/s",
       .minimum = 0,
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
          "visible face explains are off screen. Cues follow the rules of the layout: netflix, "
          "bbc,\n"
          "cea608, or none: one sentence each, as spoken. Two people share a cue, a line each, "
          "only\n"
          "where a turn is too short to stand alone or they speak at once.\n"
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
