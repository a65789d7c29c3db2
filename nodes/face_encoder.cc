#include "nodes/face_encoder.h"

#include <algorithm>
#include <map>

#include "models/align_projections.h"
#include "models/face_tokenizer.h"
#include "nodes/model_parameter.h"
#include "nodes/payloads.h"
#include "nodes/token_sequence.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

enum Output : std::size_t { kTokens, kKeys };

class FaceEncoderNode : public pipeline::Node {
 public:
  explicit FaceEncoderNode(const pipeline::Parameters& parameters)
      : choice_(parameters.get<std::string>("model")) {}

  void open(pipeline::RunContext& context) override { model_ = use_aligner(context, choice_); }

  void process(std::size_t, const Packet& packet, pipeline::Emitter& out) override {
    if (!packet.is_data()) {
      pass_by(packet.span().start, out);
      return;
    }
    const auto& chunk = packet.get<align::FaceTrackChunk>();
    FaceTokenWindow window{chunk.first, chunk.length, chunk.first + chunk.length, {}};
    for (const align::TrackSlice& slice : chunk.tracks) {
      auto& tokenizer = tracks_.try_emplace(slice.track, model_, slice.first).first->second;
      add(window, slice.track, tokenizer.push(slice.crops));
      if (slice.ends) {
        add(window, slice.track, tokenizer.finish());
        tracks_.erase(slice.track);
      }
    }
    for (const auto& [id, tokenizer] : tracks_)
      window.complete = std::min(window.complete, tokenizer.next());
    end_ = chunk.first + chunk.length;
    emit(std::move(window), out);
  }

  void flush(pipeline::Emitter& out) override {
    if (tracks_.empty()) return;
    FaceTokenWindow window{end_, 0, end_, {}};
    for (auto& [id, tokenizer] : tracks_) add(window, id, tokenizer.finish());
    tracks_.clear();
    emit(std::move(window), out);
  }

 private:
  /// No crops before `t` come.
  void pass_by(Timestamp t, pipeline::Emitter& out) const {
    for (const auto& [id, tokenizer] : tracks_) t = std::min(t, token_time(tokenizer.next()));
    for (const std::size_t port : {kTokens, kKeys}) out.emit(port, Packet::watermark(t));
  }

  static void add(FaceTokenWindow& window, align::TrackId id, models::FaceTokens tokens) {
    if (tokens.length() > 0) window.tracks.push_back({id, std::move(tokens)});
  }

  void emit(FaceTokenWindow window, pipeline::Emitter& out) {
    // Tokens of a window begin before it: an encoder lags behind its crops.
    TokenIndex begin = window.first;
    for (const FaceTokenWindow::Track& track : window.tracks)
      begin = std::min(begin, track.tokens.first);
    const TimeSpan span{token_time(begin), token_time(std::max(begin, window.complete))};
    for (const FaceTokenWindow::Track& track : window.tracks)
      out.emit(kKeys, Packet::data(span, keys(track)));
    out.emit(kKeys, Packet::watermark(token_time(window.complete)));
    out.emit(kTokens, Packet::data(window.span(), std::move(window)));
  }

  TokenSequence keys(const FaceTokenWindow::Track& track) const {
    const models::AlignGeometry& g = model_->geometry();
    TokenSequence result{
        .source = track.id, .width = g.heads * g.head_width, .heads = g.heads, .times{}, .tokens{}};
    for (int i = 0; i < track.tokens.length(); ++i) {
      const auto token = std::span(track.tokens.tokens).subspan(i * g.width, g.width);
      const std::vector<float> key = models::align_key(*model_, token);
      result.times.push_back(token_time(track.tokens.first + i));
      result.tokens.insert(result.tokens.end(), key.begin(), key.end());
    }
    return result;
  }

  std::string choice_;
  std::shared_ptr<const models::AlignModel> model_;
  std::map<align::TrackId, models::FaceTokenizer> tracks_;
  TokenIndex end_ = 0;
};

}  // namespace

pipeline::NodeType face_encoder_type() {
  return {
      .name = "face_encoder",
      .summary = "Turns mouths into tokens",
      .doc =
          "The keys and values of the alignment: one token for each face every 40 ms, from the "
          "mouth\n"
          "crops of the 0.36 s around it.\n"
          "Latency: 0.32 s and the window. Memory: a few crops of each face.",
      .inputs = {pipeline::port<align::FaceTrackChunk>("crops", "tracks with their crops")},
      .outputs = {pipeline::port<FaceTokenWindow>("tokens", "25 tokens per second and face"),
                  pipeline::port<TokenSequence>("keys",
                                                "the tokens as they answer sound, for "
                                                "cross_attention; source: the track")},
      .parameters = {model_parameter("aligner")},
      .concurrency = pipeline::Concurrency::kSerial,
      .reach = std::chrono::seconds(2),
      .latency =
          [](const pipeline::Parameters&) { return 2 * models::FaceTokenizer::kBlockTicks * kTokenPeriod; },
      .example = "seeing: {type: face_encoder, in: mouths}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<FaceEncoderNode>(p); },
  };
}

}  // namespace attune::nodes
