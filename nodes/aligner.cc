#include "nodes/aligner.h"

#include <deque>
#include <limits>
#include <map>
#include <optional>

#include "models/aligner.h"
#include "nodes/model_parameter.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

enum Input : std::size_t { kQuery, kKey, kPeople };
enum Output : std::size_t { kAlignment, kSync };

class AlignerNode : public pipeline::Node {
 public:
  explicit AlignerNode(const pipeline::Parameters& parameters)
      : choice_(parameters.get<std::string>("model")), live_(parameters.get<bool>("live")) {}

  void open(pipeline::RunContext& context) override { model_ = use_aligner(context, choice_); }

  void process(std::size_t port, const Packet& packet, pipeline::Emitter& out) override {
    if (!packet.is_data()) return;
    switch (port) {
      case kQuery:
        add_query(packet.get<models::AudioTokens>());
        break;
      case kKey:
        add_key(packet.share<FaceTokenWindow>());
        break;
      default:
        for (const align::TrackSlice& slice : packet.get<align::FaceTrackChunk>().tracks)
          people_[slice.track] = slice.speaker;
        return;
    }
    if (aligner_) emit(aligner_->pull(), out);
  }

  void flush(pipeline::Emitter& out) override {
    if (!aligner_) return;
    emit(aligner_->finish(), out);
    if (faces_seen_) out.emit(kSync, Packet::data(sync_.span, sync_));
  }

 private:
  void add_query(const models::AudioTokens& tokens) {
    if (!aligner_) {
      aligner_.emplace(
          model_, models::AlignerOptions{.first = tokens.first, .live = live_, .lag_prior = {}});
      sync_.span.start = token_time(tokens.first);
      for (const auto& window : early_) push_key(*window);
      early_.clear();
    }
    aligner_->push_audio(tokens);
    // Windows of keys follow each other without a gap: where none covers the time before this
    // query, the picture has ended or not begun, and nothing of that time will come.
    if (keys_end_ < tokens.first) aligner_->faces_complete(tokens.first);
  }

  void add_key(std::shared_ptr<const FaceTokenWindow> window) {
    keys_end_ = window->first + window->length;
    if (aligner_) {
      push_key(*window);
      return;
    }
    early_.push_back(std::move(window));
    if (early_.size() > kEarlyWindows) early_.pop_front();
  }

  void push_key(const FaceTokenWindow& window) {
    for (const FaceTokenWindow::Track& track : window.tracks) {
      faces_seen_ = true;
      aligner_->push_face(track.id, track.tokens);
    }
    aligner_->faces_complete(window.complete);
  }

  void emit(models::AlignedTicks ticks, pipeline::Emitter& out) {
    if (ticks.length() == 0) return;
    align::AlignmentWindow window;
    window.first = ticks.first;
    window.length = ticks.length();
    window.null_mass = std::move(ticks.null_mass);
    window.speech = std::move(ticks.speech);
    window.off_screen = std::move(ticks.off_screen);
    const auto lags = static_cast<std::size_t>(model_->geometry().lags());
    window.offset_profile.assign(lags, 0);
    for (std::size_t i = 0; i < ticks.profile.size(); ++i)
      window.offset_profile[i % lags] += ticks.profile[i];
    for (models::AlignedTicks::Track& track : ticks.tracks) {
      const auto person = people_.find(track.id);
      window.tracks.push_back({.track = track.id,
                               .speaker = person == people_.end() ? track.id : person->second,
                               .first = track.first,
                               .mass = std::move(track.mass),
                               .speaking = std::move(track.speaking)});
    }
    // A lag > 0 says that the picture comes late: the sound is early.
    sync_.offset =
        from_seconds(-static_cast<double>(ticks.lag_ticks.back()) * to_seconds(kTokenPeriod));
    sync_.confidence = ticks.lag_confidence.back();
    sync_.span.end = token_time(ticks.end());
    const TimeSpan span = window.span();
    out.emit(kAlignment, Packet::data(span, std::move(window)));
    out.emit(kAlignment, Packet::watermark(span.end));
    out.emit(kSync, Packet::watermark(sync_.span.start));
  }

  /// Of a picture that begins before the sound, the last seconds are enough.
  static constexpr std::size_t kEarlyWindows = 10;

  std::string choice_;
  bool live_;
  std::shared_ptr<const models::AlignModel> model_;
  std::optional<models::Aligner> aligner_;
  std::deque<std::shared_ptr<const FaceTokenWindow>> early_;
  TokenIndex keys_end_ = std::numeric_limits<TokenIndex>::min();
  std::map<align::TrackId, align::SpeakerId> people_;
  bool faces_seen_ = false;
  align::SyncOffset sync_;
};

}  // namespace

pipeline::NodeType aligner_type() {
  return {
      .name = "aligner",
      .summary = "The sound asks the faces who made it",
      .doc =
          "Audio tokens are the queries; the tokens of every face within 0.6 s, and a learned "
          "\"nobody\n"
          "visible\", are the keys. Evidence is gathered along the lag diagonal for about 1.5 s "
          "before\n"
          "the softmax. Gives, for each face and each 40 ms, the share of the sound that it "
          "explains\n"
          "and a speaking logit; the same for speech off screen; and the offset of sound to "
          "picture.\n"
          "Latency: 1.7 s. Memory: the tokens of a few seconds.",
      .inputs = {pipeline::port<models::AudioTokens>("query", "what is heard"),
                 pipeline::port<FaceTokenWindow>("key", "what is seen of each face", true),
                 pipeline::port<align::FaceTrackChunk>("people", "which tracks are one person",
                                                       true)},
      .outputs = {pipeline::port<align::AlignmentWindow>("alignment", "scores of each face"),
                  pipeline::port<align::SyncOffset>("sync", "offset of the sound, at the end")},
      .parameters = {model_parameter("aligner"),
                     {.name = "live",
                      .default_value = false,
                      .doc = "forget the offset of sound to picture within a minute"}},
      .concurrency = pipeline::Concurrency::kSerial,
      .example = "alignment: {type: aligner, in: {query: hearing.tokens, key: seeing}}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<AlignerNode>(p); },
  };
}

}  // namespace attune::nodes
