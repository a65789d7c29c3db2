#include "nodes/live_cues.h"

#include <algorithm>
#include <deque>
#include <memory>

#include "captions/attribution.h"
#include "captions/layout.h"
#include "captions/profile.h"
#include "captions/speaker_names.h"
#include "nodes/payloads.h"
#include "nodes/speaker_parameters.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

enum LiveCuesInput : std::size_t { kWords, kSegments, kSpeaking, kAlignment, kCuts };
enum LiveCuesOutput : std::size_t { kCues, kDrafts };

class LiveCuesNode : public pipeline::Node {
 public:
  explicit LiveCuesNode(const pipeline::Parameters& parameters) : names_(live_names(parameters)) {
    layout_.profile = captions::profile(parameters.get<std::string>("layout"));
  }

  void process(std::size_t port, const Packet& packet, pipeline::Emitter& out) override {
    now_ = packet.span().start;
    if (packet.is_data()) take(port, packet);
    emit_known(false, out);
    for (const std::size_t output : {kCues, kDrafts}) out.emit(output, Packet::watermark(now_));
  }

  void flush(pipeline::Emitter& out) override { emit_known(true, out); }

  void restart(Timestamp t) override {
    now_ = known_to_ = t;
    waiting_.clear();
    draft_.reset();
    segments_.clear();
    speaking_.clear();
    windows_.clear();
    cuts_.clear();
  }

 private:
  void take(std::size_t port, const Packet& packet) {
    switch (port) {
      case kWords:
        take_words(packet.share<WordList>());
        break;
      case kSegments:
        segments_.push_back(packet.get<align::SpeechSegment>());
        break;
      case kSpeaking:
        speaking_ = packet.get<SpeakingNow>().segments;
        break;
      case kAlignment:
        windows_.push_back(packet.share<align::AlignmentWindow>());
        known_to_ = packet.span().end;
        forget();
        break;
      default:
        cuts_.push_back(packet.span().start);
    }
  }

  void take_words(std::shared_ptr<const WordList> words) {
    if (words->is_final) {
      draft_.reset();
      waiting_.push_back(std::move(words));
    } else {
      draft_ = std::move(words);
    }
  }

  void forget() {
    const Timestamp horizon = known_to_ - kMemory;
    while (windows_.front()->span().end < horizon) windows_.pop_front();
    std::erase_if(segments_, [&](const auto& segment) { return segment.span.end < horizon; });
    std::erase_if(cuts_, [&](Timestamp cut) { return cut < horizon; });
  }

  /// Words whose moment the alignment has passed.
  void emit_known(bool all, pipeline::Emitter& out) {
    while (!waiting_.empty() && (all || waiting_.front()->span.end + kReach <= known_to_)) {
      for (captions::Caption& cue : lay_out(*waiting_.front()))
        out.emit(kCues, Packet::data({now_, now_}, after_the_last(std::move(cue))));
      waiting_.pop_front();
    }
    if (!waiting_.empty() || !draft_ || (!all && draft_->span.end > known_to_)) return;
    out.emit(kDrafts, Packet::data({now_, now_}, DraftCaptions{lay_out(*draft_)}));
    draft_.reset();
  }

  std::vector<captions::Caption> lay_out(const WordList& list) const {
    std::vector<align::SpeechSegment> segments = segments_;
    segments.insert(segments.end(), speaking_.begin(), speaking_.end());
    std::ranges::stable_sort(segments, {}, [](const auto& segment) { return segment.span.start; });
    const std::vector<std::shared_ptr<const align::AlignmentWindow>> windows(windows_.begin(),
                                                                             windows_.end());
    return captions::lay_out(captions::attribute_words(list.words, segments, windows), names_,
                             cuts_, layout_);
  }

  /// What is shown already stays, and the next cue waits for its end: a cue keeps its reading time
  /// as long as nobody else speaks, which only later speech tells.
  captions::Caption after_the_last(captions::Caption cue) {
    const Duration shortest = layout_.profile.min_duration;
    if (!cue.words.empty())
      cue.span.end = std::min(cue.span.end, std::max(cue.words.back().span.end + kAfterSpeech,
                                                     cue.span.start + shortest));
    if (cue.span.start < last_end_) {
      cue.span.start = last_end_;
      cue.span.end = std::max(cue.span.end, last_end_ + shortest);
    }
    last_end_ = cue.span.end;
    return cue;
  }

  static constexpr Duration kMemory = std::chrono::minutes(1);
  /// Words a little outside a segment still belong to it (captions/attribution.h).
  static constexpr Duration kReach = captions::AttributionOptions{}.reach;
  static constexpr Duration kAfterSpeech = std::chrono::seconds(1);

  captions::SpeakerNames names_;
  captions::LayoutOptions layout_;
  Timestamp now_ = Timestamp::min();
  /// Up to where the alignment is known.
  Timestamp known_to_ = Timestamp::min();
  Timestamp last_end_ = Timestamp::min();
  std::deque<std::shared_ptr<const WordList>> waiting_;
  std::shared_ptr<const WordList> draft_;
  std::vector<align::SpeechSegment> segments_;
  std::vector<align::SpeechSegment> speaking_;
  std::deque<std::shared_ptr<const align::AlignmentWindow>> windows_;
  std::vector<Timestamp> cuts_;
};

std::vector<pipeline::ParameterSpec> live_cues_parameters() {
  const auto names = captions::profile_names();
  std::vector<pipeline::ParameterSpec> specs = {{.name = "layout",
                                                 .default_value = std::string("netflix"),
                                                 .doc = "the rules that cues follow",
                                                 .choices = {names.begin(), names.end()}}};
  for (pipeline::ParameterSpec& spec : speaker_parameters()) specs.push_back(std::move(spec));
  return specs;
}

}  // namespace

pipeline::NodeType live_cues_type() {
  return {
      .name = "live_cues",
      .summary = "Captions of a live feed, with their speakers",
      .doc =
          "As caption_cues, stretch by stretch: what is given out does not change any more, so "
          "that a\n"
          "cue waits for the one before it. Drafts are the captions of a stretch that goes on, as "
          "far as\n"
          "it is known.\n"
          "Latency: 0.3 s. Memory: the alignment of the last minute.",
      .inputs = {pipeline::port<WordList>("words", "recognised words"),
                 pipeline::port<align::SpeechSegment>("segments", "who spoke when"),
                 pipeline::port<SpeakingNow>("speaking", "who speaks at the moment"),
                 pipeline::port<align::AlignmentWindow>("alignment", "how much each face explains"),
                 pipeline::port<align::ShotCut>("cuts", "cues snap to cuts nearby", true)},
      .outputs = {pipeline::port<captions::Caption>("cues", "final captions"),
                  pipeline::port<DraftCaptions>("drafts", "captions so far")},
      .parameters = live_cues_parameters(),
      .concurrency = pipeline::Concurrency::kSerial,
      .latency = [](const pipeline::Parameters&) { return captions::AttributionOptions{}.reach; },
      .example =
          "cues: {type: live_cues, in: {words: words, segments: segments, speaking: "
          "segments.speaking, alignment: alignment}}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<LiveCuesNode>(p); },
  };
}

}  // namespace attune::nodes
