#include "nodes/aligner.h"

#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "models/aligner.h"
#include "nodes/model_parameter.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

enum Input : std::size_t { kQuery, kKey, kPeople };
enum Output : std::size_t { kAlignment, kSync };

constexpr Duration kBlock = models::AlignModel::kBlockTicks * kTokenPeriod;
/// Evidence, lags and the heads' context of the shipped weights.
constexpr Duration kWholeLookAhead = 41 * kTokenPeriod;

class AlignerNode : public pipeline::Node {
 public:
  explicit AlignerNode(const pipeline::Parameters& parameters)
      : choice_(parameters.get<std::string>("model")),
        live_(parameters.get<bool>("live")),
        look_ahead_(parameters.get<Duration>("look_ahead")) {}

  void open(pipeline::RunContext& context) override { model_ = use_aligner(context, choice_); }

  void process(std::size_t port, const Packet& packet, pipeline::Emitter& out) override {
    if (!packet.is_data()) {
      pass_by(packet.span().start, out);
      return;
    }
    switch (port) {
      case kQuery:
        add_query(packet.get<models::AudioTokens>());
        break;
      case kKey:
        add_key(packet.share<FaceTokenWindow>());
        break;
      default:
        for (const align::TrackSlice& slice : packet.get<align::FaceTrackChunk>().tracks)
          people_[slice.track] = {slice.speaker, slice.first + slice.length()};
        forget_people(token_floor(packet.span().start));
        return;
    }
    if (aligner_) emit(aligner_->pull(), out);
  }

  void flush(pipeline::Emitter& out) override {
    if (!aligner_) return;
    emit(aligner_->finish(), out);
    if (!faces_seen_) return;
    const TimeSpan span = live_ ? TimeSpan{sync_.span.end, sync_.span.end} : sync_.span;
    out.emit(kSync, Packet::data(span, sync_));
  }

  void restart(Timestamp) override {
    aligner_.reset();
    early_.clear();
    keys_end_ = std::numeric_limits<TokenIndex>::min();
    people_.clear();
    faces_seen_ = false;
    sync_ = {};
  }

 private:
  /// Nothing before `t` comes on one of the inputs: none of the others waits for it.
  void pass_by(Timestamp t, pipeline::Emitter& out) {
    if (!aligner_) {
      out.emit(kAlignment, Packet::watermark(t));
      out.emit(kSync, Packet::watermark(t));
      return;
    }
    const TokenIndex tick = token_floor(t);
    if (keys_end_ < tick) aligner_->faces_complete(tick);
    emit(aligner_->pull(), out);
  }

  void forget_people(TokenIndex now) {
    std::erase_if(people_, [&](const auto& entry) { return entry.second.end + kForgetTicks < now; });
  }

  void add_query(const models::AudioTokens& tokens) {
    if (!aligner_) {
      models::AlignerOptions options{.first = tokens.first, .live = live_, .lag_prior = {}};
      if (look_ahead_ > Duration::zero())
        options.look_ahead_ticks = static_cast<int>(token_floor(look_ahead_));
      aligner_.emplace(model_, std::move(options));
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
                               .speaker = person == people_.end() ? track.id : person->second.id,
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
    if (live_) {
      tell_sync(out);
    } else {
      out.emit(kSync, Packet::watermark(sync_.span.start));
    }
  }

  /// In a live feed nobody waits for the end of a stretch: the offset goes out under the time at
  /// which it is known.
  void tell_sync(pipeline::Emitter& out) {
    const Timestamp now = sync_.span.end;
    if (sync_.span.duration() >= kSyncEvery) {
      if (faces_seen_) out.emit(kSync, Packet::data({now, now}, sync_));
      sync_ = {.span = {now, now}};
    }
    out.emit(kSync, Packet::watermark(now));
  }

  /// Of a picture that begins before the sound, the last seconds are enough.
  static constexpr std::size_t kEarlyWindows = 50;
  /// Longer than results lag behind.
  static constexpr TokenIndex kForgetTicks = 250;

  /// In a live feed, which has no end.
  static constexpr Duration kSyncEvery = std::chrono::seconds(5);

  std::string choice_;
  bool live_;
  Duration look_ahead_;
  std::shared_ptr<const models::AlignModel> model_;
  std::optional<models::Aligner> aligner_;
  std::deque<std::shared_ptr<const FaceTokenWindow>> early_;
  TokenIndex keys_end_ = std::numeric_limits<TokenIndex>::min();
  struct Person {
    align::SpeakerId id = 0;
    TokenIndex end = 0;
  };
  std::map<align::TrackId, Person> people_;
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
          "Latency: 2 s; with look_ahead that and 0.4 s. Memory: the tokens of a few seconds.",
      .inputs = {pipeline::port<models::AudioTokens>("query", "what is heard"),
                 pipeline::port<FaceTokenWindow>("key", "what is seen of each face", true),
                 pipeline::port<align::FaceTrackChunk>("people", "which tracks are one person",
                                                       true)},
      .outputs = {pipeline::port<align::AlignmentWindow>("alignment", "scores of each face"),
                  pipeline::port<align::SyncOffset>("sync", "offset of the sound, at the end")},
      .parameters = {model_parameter("aligner"),
                     {.name = "live",
                      .default_value = false,
                      .doc = "forget the offset of sound to picture within a minute"},
                     {.name = "look_ahead",
                      .default_value = Duration::zero(),
                      .doc = "wait so long for what comes after a moment; 0: as long as it helps",
                      .minimum = 0,
                      .maximum = 2}},
      .concurrency = pipeline::Concurrency::kSerial,
      .latency =
          [](const pipeline::Parameters& p) {
            const auto ahead = p.get<Duration>("look_ahead");
            return kBlock + (ahead > Duration::zero() ? ahead : kWholeLookAhead);
          },
      .example = "alignment: {type: aligner, in: {query: hearing.tokens, key: seeing}}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<AlignerNode>(p); },
  };
}

}  // namespace attune::nodes
