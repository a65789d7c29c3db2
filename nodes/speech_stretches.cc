#include "nodes/speech_stretches.h"

#include <algorithm>
#include <deque>
#include <optional>

#include "align/speech_stretches.h"
#include "models/captioner.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

constexpr std::size_t kSound = 0;

/// The sound from some time on, as one run of samples; silence where the input has none.
class SoundBuffer {
 public:
  void append(const media::AudioChunk& chunk) {
    // Over a long gap nothing is kept: there was no speech in it.
    if (!samples_.empty() &&
        index(chunk.start) > static_cast<std::int64_t>(samples_.size()) + kLongGap)
      samples_ = {};
    if (samples_.empty()) start_ = chunk.start;
    const std::int64_t at = index(chunk.start);
    const auto size =
        static_cast<std::size_t>(std::max<std::int64_t>(at, 0)) + chunk.samples.size();
    if (size > samples_.size()) samples_.resize(size);
    for (std::size_t i = 0; i < chunk.samples.size(); ++i)
      if (const std::int64_t place = at + static_cast<std::int64_t>(i); place >= 0)
        samples_[static_cast<std::size_t>(place)] = chunk.samples[i];
  }

  /// No sound before `t` comes any more.
  void known_to(Timestamp t) { known_to_ = std::max(known_to_, t); }

  bool reaches(Timestamp t) const {
    return t <= known_to_ ||
           (!samples_.empty() && index(t) <= static_cast<std::int64_t>(samples_.size()));
  }

  SpeechStretch cut(const TimeSpan& span) const {
    const auto clamp = [&](Timestamp t) {
      return std::clamp<std::int64_t>(index(t), 0, static_cast<std::int64_t>(samples_.size()));
    };
    const std::int64_t from = clamp(span.start);
    const std::int64_t to = clamp(span.end);
    SpeechStretch stretch;
    stretch.start = start_ + Duration(from * 1'000'000'000 / media::kSampleRateHz);
    stretch.samples.assign(samples_.begin() + from, samples_.begin() + to);
    return stretch;
  }

  void forget_before(Timestamp t) {
    const std::int64_t drop =
        std::clamp<std::int64_t>(index(t), 0, static_cast<std::int64_t>(samples_.size()));
    if (drop < kLazyDrop) return;
    start_ += Duration(drop * 1'000'000'000 / media::kSampleRateHz);
    samples_.erase(samples_.begin(), samples_.begin() + drop);
  }

 private:
  /// Samples are dropped in blocks of a second, which is also a whole number of nanoseconds.
  static constexpr std::int64_t kLazyDrop = media::kSampleRateHz;
  static constexpr std::int64_t kLongGap = 10 * media::kSampleRateHz;

  std::int64_t index(Timestamp t) const {
    return (t - start_).count() / 1000 * media::kSampleRateHz / 1'000'000;
  }

  Timestamp start_{};
  Timestamp known_to_ = Timestamp::min();
  std::vector<float> samples_;
};

class SpeechStretchesNode : public pipeline::Node {
 public:
  explicit SpeechStretchesNode(pipeline::Parameters parameters)
      : parameters_(std::move(parameters)), live_(parameters_.get<bool>("live")) {}

  void open(pipeline::RunContext& context) override { facts_ = &context.facts; }

  void process(std::size_t port, const Packet& packet, pipeline::Emitter& out) override {
    now_ = std::max(now_, packet.span().start);
    if (!packet.is_data()) {
      if (port == kSound) sound_.known_to(packet.span().start);
      emit_ready(false, out);
      return;
    }
    if (port == kSound) {
      sound_.append(packet.get<media::AudioChunk>());
    } else {
      const auto& activity = packet.get<SpeechActivity>();
      for (const TimeSpan& span : builder().push(activity.first, activity.probability))
        waiting_.push_back(span);
    }
    emit_ready(false, out);
    emit_draft(out);
  }

  void flush(pipeline::Emitter& out) override {
    for (const TimeSpan& span : builder().flush()) waiting_.push_back(span);
    emit_ready(true, out);
  }

  void restart(Timestamp t) override {
    builder_.reset();
    sound_ = {};
    waiting_.clear();
    next_draft_ = Timestamp::min();
    now_ = t;
  }

 private:
  /// Made when the first packet comes: the captioner, which is opened later than this node, has by
  /// then said how long its stretches should be.
  align::SpeechStretchBuilder& builder() {
    if (!builder_) builder_.emplace(options());
    return *builder_;
  }

  align::SpeechStretchOptions options() const {
    align::SpeechStretchOptions options;
    options.start_probability = static_cast<float>(parameters_.get<double>("start"));
    options.end_probability = static_cast<float>(parameters_.get<double>("end"));
    options.sure_probability = static_cast<float>(parameters_.get<double>("sure"));
    options.sure_share = parameters_.get<double>("sure_share");
    if (const auto* wanted = facts_->find<models::StretchLengths>()) {
      options.minimum_pause = wanted->minimum_pause;
      options.maximum_length = wanted->maximum_length;
    }
    const auto minimum_pause = parameters_.get<Duration>("minimum_pause");
    const auto maximum_length = parameters_.get<Duration>("maximum_length");
    if (minimum_pause > Duration::zero()) options.minimum_pause = minimum_pause;
    if (maximum_length > Duration::zero()) options.maximum_length = maximum_length;
    return options;
  }

  void emit_ready(bool all, pipeline::Emitter& out) {
    while (!waiting_.empty() && (all || sound_.reaches(waiting_.front().end))) {
      SpeechStretch stretch = sound_.cut(waiting_.front());
      waiting_.pop_front();
      if (stretch.samples.empty()) continue;
      const TimeSpan span = live_ ? TimeSpan{now_, now_} : TimeSpan{stretch.start, stretch.end()};
      out.emit(Packet::data(span, std::move(stretch)));
    }
    const Timestamp settled = waiting_.empty()
                                  ? builder().settled()
                                  : std::min(waiting_.front().start, builder().settled());
    sound_.forget_before(settled);
    out.emit(Packet::watermark(live_ ? now_ : settled - kSampleRounding));
  }

  /// What the open stretch holds so far, every so often.
  void emit_draft(pipeline::Emitter& out) {
    const auto every = parameters_.get<Duration>("draft_every");
    if (!live_ || every == Duration::zero() || !waiting_.empty()) return;
    const std::optional<TimeSpan> open = builder().open();
    if (!open || open->end < std::max(next_draft_, open->start + every)) return;
    next_draft_ = open->end + every;
    SpeechStretch draft = sound_.cut(*open);
    if (draft.samples.empty()) return;
    draft.is_final = false;
    out.emit(Packet::data({now_, now_}, std::move(draft)));
  }

  /// A stretch begins with a whole sample, which may lie a little before the tick's time.
  static constexpr Duration kSampleRounding = std::chrono::milliseconds(1);

  pipeline::Parameters parameters_;
  /// Stretches go out under the time at which they were known, so that nobody waits for their end.
  bool live_;
  Timestamp now_ = Timestamp::min();
  const pipeline::Facts* facts_ = nullptr;
  std::optional<align::SpeechStretchBuilder> builder_;
  SoundBuffer sound_;
  std::deque<TimeSpan> waiting_;
  Timestamp next_draft_ = Timestamp::min();
};

}  // namespace

pipeline::NodeType speech_stretches_type() {
  const align::SpeechStretchOptions defaults;
  return {
      .name = "speech_stretches",
      .summary = "Cuts the sound into stretches of speech",
      .doc =
          "What lies outside the stretches is never transcribed. Long stretches are divided where\n"
          "speech is least likely.\n"
          "Latency: the stretch and minimum_pause. Memory: the sound of the open stretch.",
      .inputs = {pipeline::port<media::AudioChunk>("sound", "16 kHz mono"),
                 pipeline::port<SpeechActivity>("speech", "probability of speech")},
      .outputs = {pipeline::port<SpeechStretch>("stretches", "the sound of each stretch")},
      .parameters =
          {{.name = "start",
            .default_value = static_cast<double>(defaults.start_probability),
            .doc = "a stretch begins above this probability of speech",
            .minimum = 0,
            .maximum = 1},
           {.name = "end",
            .default_value = static_cast<double>(defaults.end_probability),
            .doc = "a stretch ends below this probability of speech",
            .minimum = 0,
            .maximum = 1},
           {.name = "sure",
            .default_value = static_cast<double>(defaults.sure_probability),
            .doc = "above this probability a moment is surely speech",
            .minimum = 0,
            .maximum = 1},
           {.name = "sure_share",
            .default_value = defaults.sure_share,
            .doc = "stretches with a smaller share of sure moments are dropped: music",
            .minimum = 0,
            .maximum = 1},
           {.name = "minimum_pause",
            .default_value = Duration::zero(),
            .doc = "shorter pauses do not end a stretch; 0: as the captioner wants it, 0.32 s "
                   "for PocketSphinx, 1 s for Whisper",
            .minimum = 0,
            .maximum = 10},
           {.name = "maximum_length",
            .default_value = Duration::zero(),
            .doc = "longer stretches are divided; 0: as the captioner wants it, 15 s for "
                   "PocketSphinx, 28 s for Whisper",
            .minimum = 0,
            .maximum = 30},
           {.name = "live",
            .default_value = false,
            .doc = "stretches are given out under the time at which they are known"},
           {.name = "draft_every",
            .default_value = Duration::zero(),
            .doc = "with live: what is said so far is given out too, every so often; 0: never",
            .minimum = 0,
            .maximum = 30}},
      .concurrency = pipeline::Concurrency::kSerial,
      .reach = std::chrono::seconds(32),
      .latency =
          [](const pipeline::Parameters& p) {
            const auto length = p.get<Duration>("maximum_length");
            const auto pause = p.get<Duration>("minimum_pause");
            // What Whisper wants: no captioner waits longer.
            // Continuous speech is divided where two stretches are there.
            return 2 * (length > Duration::zero() ? length : Duration(std::chrono::seconds(28))) +
                   (pause > Duration::zero() ? pause : Duration(std::chrono::seconds(1))) +
                   align::SpeechStretchOptions{}.margin;
          },
      .example = "stretches: {type: speech_stretches, in: {sound: sound, speech: tokens.speech}}",
      .make =
          [](const pipeline::Parameters& p) { return std::make_unique<SpeechStretchesNode>(p); },
  };
}

}  // namespace attune::nodes
