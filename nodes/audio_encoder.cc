#include "nodes/audio_encoder.h"

#include <algorithm>
#include <optional>

#include "models/align_projections.h"
#include "models/audio_tokenizer.h"
#include "nodes/model_parameter.h"
#include "nodes/payloads.h"
#include "nodes/token_sequence.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

constexpr std::size_t kTokens = 0;
constexpr std::size_t kSpeech = 1;
constexpr std::size_t kQueries = 2;

/// A block of tokens, and the sound that speech activity sees after the last of them.
constexpr Duration kLatency =
    models::AudioTokenizer::kBlockTicks * kTokenPeriod + std::chrono::milliseconds(560);

class AudioEncoderNode : public pipeline::Node {
 public:
  explicit AudioEncoderNode(const pipeline::Parameters& parameters)
      : choice_(parameters.get<std::string>("model")) {}

  void open(pipeline::RunContext& context) override { model_ = use_aligner(context, choice_); }

  void process(std::size_t, const Packet& packet, pipeline::Emitter& out) override {
    if (!packet.is_data()) {
      hear_nothing(packet.span().start, out);
      return;
    }
    const auto& chunk = packet.get<media::AudioChunk>();
    if (!tokenizer_) begin(token_ceil(chunk.start));
    end_ = chunk.end();
    emit(tokenizer_->push(chunk.samples, chunk.start), out);
  }

  void flush(pipeline::Emitter& out) override {
    if (tokenizer_) emit(tokenizer_->finish(token_ceil(end_)), out);
  }

  void restart(Timestamp) override { tokenizer_.reset(); }

 private:
  /// Blocks of tokens begin at multiples of their length, wherever the sound began, so that parts
  /// of a recording give the same.
  void begin(TokenIndex first) {
    constexpr TokenIndex kBlock = models::AudioTokenizer::kBlockTicks;
    TokenIndex past = first % kBlock;
    if (past < 0) past += kBlock;
    first_ = first;
    tokenizer_.emplace(model_, first - past);
  }

  /// No sound before `until` comes any more, or none at all.
  void hear_nothing(Timestamp until, pipeline::Emitter& out) {
    if (!tokenizer_) begin(token_ceil(until));
    end_ = std::max(end_, until);
    emit(tokenizer_->advance(until), out);
    const TokenIndex next = std::max(first_, tokenizer_->next());
    for (const std::size_t port : {kSpeech, kQueries, kTokens})
      out.emit(port, Packet::watermark(token_time(next)));
  }

  void emit(models::AudioTokens tokens, pipeline::Emitter& out) const {
    drop_before(first_, tokens);
    if (tokens.length() == 0) return;
    const TimeSpan span{token_time(tokens.first), token_time(tokens.end())};
    out.emit(kSpeech, Packet::data(span, SpeechActivity{tokens.first, tokens.speech}));
    out.emit(kQueries, Packet::data(span, queries(tokens)));
    out.emit(kTokens, Packet::data(span, std::move(tokens)));
    for (const std::size_t port : {kSpeech, kQueries, kTokens})
      out.emit(port, Packet::watermark(span.end));
  }

  void drop_before(TokenIndex first, models::AudioTokens& tokens) const {
    const TokenIndex count = std::clamp<TokenIndex>(first - tokens.first, 0, tokens.length());
    const auto width = static_cast<TokenIndex>(model_->geometry().width);
    tokens.tokens.erase(tokens.tokens.begin(), tokens.tokens.begin() + count * width);
    tokens.speech.erase(tokens.speech.begin(), tokens.speech.begin() + count);
    tokens.first += count;
  }

  TokenSequence queries(const models::AudioTokens& tokens) const {
    const models::AlignGeometry& g = model_->geometry();
    TokenSequence result{.width = g.heads * g.head_width, .heads = g.heads, .times{}, .tokens{}};
    for (int i = 0; i < tokens.length(); ++i) {
      const auto token = std::span(tokens.tokens).subspan(i * g.width, g.width);
      const std::vector<float> query = models::align_query(*model_, token).query;
      result.times.push_back(token_time(tokens.first + i));
      result.tokens.insert(result.tokens.end(), query.begin(), query.end());
    }
    return result;
  }

  std::string choice_;
  std::shared_ptr<const models::AlignModel> model_;
  std::optional<models::AudioTokenizer> tokenizer_;
  /// Of the sound.
  TokenIndex first_ = 0;
  Timestamp end_{};
};

}  // namespace

pipeline::NodeType audio_encoder_type() {
  return {
      .name = "audio_encoder",
      .summary = "Turns sound into tokens and says where there is speech",
      .doc =
          "The queries of the alignment: one token every 40 ms, from the log-mel spectrogram "
          "around\n"
          "it; and the probability of speech at each, from sound alone.\n"
          "Latency: 0.95 s. Memory: two seconds of sound.",
      .inputs = {pipeline::port<media::AudioChunk>("sound", "16 kHz mono")},
      .outputs = {pipeline::port<models::AudioTokens>("tokens", "25 tokens per second"),
                  pipeline::port<SpeechActivity>("speech", "probability of speech"),
                  pipeline::port<TokenSequence>("queries",
                                                "the tokens as they ask faces, for "
                                                "cross_attention")},
      .parameters = {model_parameter("aligner")},
      .concurrency = pipeline::Concurrency::kSerial,
      .reach = std::chrono::seconds(1),
      .latency = [](const pipeline::Parameters&) { return kLatency; },
      .example = "hearing: {type: audio_encoder, in: sound}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<AudioEncoderNode>(p); },
  };
}

}  // namespace attune::nodes
