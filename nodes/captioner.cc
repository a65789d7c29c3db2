#include "nodes/captioner.h"

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "live/feed_link.h"
#include "nodes/captioner_choice.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

/// Captioners that no thread uses at the moment; makes another when there is none.
class CaptionerPool {
 public:
  using Handle = std::unique_ptr<models::Captioner>;

  explicit CaptionerPool(MakeCaptioner make) : make_(std::move(make)) {}

  Handle take(CaptionEffort effort) {
    {
      const std::lock_guard lock(mutex_);
      std::vector<Handle>& idle = idle_[effort];
      if (!idle.empty()) {
        Handle captioner = std::move(idle.back());
        idle.pop_back();
        return captioner;
      }
    }
    return make_(effort);
  }

  void give_back(CaptionEffort effort, Handle captioner) {
    const std::lock_guard lock(mutex_);
    idle_[effort].push_back(std::move(captioner));
  }

 private:
  MakeCaptioner make_;
  std::mutex mutex_;
  std::map<CaptionEffort, std::vector<Handle>> idle_;
};

class CaptionerNode : public pipeline::Node {
 public:
  explicit CaptionerNode(pipeline::Parameters parameters) : parameters_(std::move(parameters)) {}

  void open(pipeline::RunContext& context) override {
    link_ = context.facts.find<live::FeedLink>();
    MakeCaptioner make = choose_captioner(parameters_, context);
    if (!make) return;
    pool_.emplace(std::move(make));
    auto captioner = pool_->take(CaptionEffort::kFull);
    const models::CaptionerModel model = captioner->model();
    context.models["captioner"] = {model.name, model.sha256};
    context.facts.put(captioner->stretches());
    pool_->give_back(CaptionEffort::kFull, std::move(captioner));
  }

  void process(std::size_t port, const Packet& packet, pipeline::Emitter& out) override {
    process_together(port, {&packet, 1}, out);
  }

  std::size_t packets_at_once() const override { return kStretchesAtOnce; }

  void process_together(std::size_t, std::span<const Packet> packets,
                        pipeline::Emitter& out) override {
    if (!pool_) return;
    std::map<CaptionEffort, std::vector<std::size_t>> asked;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      const auto& stretch = packets[i].get<SpeechStretch>();
      const bool skipped = stretch.is_final
                               ? is_too_late(stretch)
                               : i + 1 != packets.size() || !has_time_for_draft(stretch);
      if (!skipped) asked[effort_for(stretch)].push_back(i);
    }
    std::vector<std::vector<models::RecognizedWord>> words(packets.size());
    for (const auto& [effort, which] : asked) transcribe(effort, which, packets, words);
    for (std::size_t i = 0; i < packets.size(); ++i)
      if (packets[i].get<SpeechStretch>().is_final || !words[i].empty())
        out.emit(Packet::data(packets[i].span(), placed(std::move(words[i]), packets[i])));
  }

 private:
  /// Stretches that come together: continuous speech is divided when about a minute of it is there.
  static constexpr std::size_t kStretchesAtOnce = 4;
  /// Drafts are a second old when they come, and a second apart.
  static constexpr Duration kStale = std::chrono::milliseconds(2500);

  void transcribe(CaptionEffort effort, const std::vector<std::size_t>& which,
                  std::span<const Packet> packets,
                  std::vector<std::vector<models::RecognizedWord>>& words) {
    std::vector<std::span<const float>> sounds;
    for (const std::size_t i : which) sounds.emplace_back(packets[i].get<SpeechStretch>().samples);
    auto captioner = pool_->take(effort);
    auto heard = captioner->transcribe_all(sounds);
    pool_->give_back(effort, std::move(captioner));
    for (std::size_t k = 0; k < which.size(); ++k) words[which[k]] = std::move(heard[k]);
  }

  CaptionEffort effort_for(const SpeechStretch& stretch) const {
    const bool is_coarse =
        !stretch.is_final || (link_ != nullptr && link_->measures().coarse_captions);
    return is_coarse ? CaptionEffort::kCoarse : CaptionEffort::kFull;
  }

  /// Drafts are the first to go where a live feed falls behind, or where the next one is there.
  bool has_time_for_draft(const SpeechStretch& draft) const {
    if (link_ == nullptr) return true;
    return link_->measures().partial_captions && (!link_->age || link_->age(draft.end()) < kStale);
  }

  /// Rather than fall behind ever more, a live feed goes without the captions of a stretch.
  bool is_too_late(const SpeechStretch& stretch) const {
    if (link_ == nullptr || !link_->age || link_->age(stretch.end()) <= link_->caption_budget)
      return false;
    if (link_->observer) link_->observer->captions_skipped();
    return true;
  }

  static WordList placed(std::vector<models::RecognizedWord> words, const Packet& packet) {
    const Timestamp start = packet.get<SpeechStretch>().start;
    WordList list;
    list.is_final = packet.get<SpeechStretch>().is_final;
    list.span = {start, packet.get<SpeechStretch>().end()};
    for (models::RecognizedWord& word : words)
      list.words.push_back({.span = {start + word.span.start, start + word.span.end},
                            .text = std::move(word.text),
                            .confidence = word.confidence,
                            .speaker = 0});
    return list;
  }

  pipeline::Parameters parameters_;
  std::optional<CaptionerPool> pool_;
  const live::FeedLink* link_ = nullptr;
};

}  // namespace

pipeline::NodeType captioner_type() {
  return {
      .name = "captioner",
      .summary = "Turns stretches of speech into words with times",
      .doc =
          "Whisper, or PocketSphinx with its US English model: a stand-in that needs no "
          "download.\n"
          "Every stretch is recognised on its own, so that the words do not depend on the number "
          "of\n"
          "threads. Drafts, and what a live feed that falls behind says, with a narrower search.\n"
          "Latency: none of its own. Memory: Whisper's weights once and, for each thread, the\n"
          "caches of a window of 30 s and up to four encoded windows; PocketSphinx about 100 MB\n"
          "for each thread.",
      .inputs = {pipeline::port<SpeechStretch>("stretches", "speech, 16 kHz mono")},
      .outputs = {pipeline::port<WordList>("words", "the words of each stretch")},
      .parameters = captioner_parameters(),
      .concurrency = pipeline::Concurrency::kParallel,
      .reach = Duration::zero(),
      .latency = [](const pipeline::Parameters&) { return Duration::zero(); },
      .example = "words: {type: captioner, in: stretches, model: auto, language: en}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<CaptionerNode>(p); },
  };
}

}  // namespace attune::nodes
