#include "nodes/audio_decoder.h"

#include <memory>

#include "media/audio_decoder.h"
#include "media/heard_sound.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

class AudioDecoderNode : public pipeline::Node {
 public:
  explicit AudioDecoderNode(const pipeline::Parameters& parameters)
      : options_{.chunk = parameters.get<Duration>("chunk")} {}

  void open(pipeline::RunContext& context) override {
    const auto* before = context.facts.find<SoundBefore>();
    if (before == nullptr) return;
    heard_ =
        media::hear_until(context.input, before->options, options_, before->time, context.stop);
  }

  void process(std::size_t, const Packet& packet, pipeline::Emitter& out) override {
    if (!packet.is_data()) {
      // The source knows that no sound comes for a while: what is held back would wait for it.
      flush(out);
      out.emit(packet);
      return;
    }
    if (packet.span().start < heard_.next) return;
    const auto& encoded = packet.get<EncodedPacket>();
    if (!heard_.decoder)
      heard_.decoder = std::make_unique<media::AudioDecoder>(*encoded.stream, options_);
    heard_.decoder->decode(*encoded.packet.data, sink(out));
  }

  void flush(pipeline::Emitter& out) override {
    if (heard_.decoder) heard_.decoder->flush(sink(out));
  }

  void restart(Timestamp) override { heard_.decoder.reset(); }

 private:
  static media::AudioDecoder::Sink sink(pipeline::Emitter& out) {
    return [&out](media::AudioChunk chunk) {
      const TimeSpan span{chunk.start, chunk.end()};
      out.emit(Packet::data(span, std::move(chunk)));
    };
  }

  media::AudioDecoderOptions options_;
  media::HeardSound heard_{nullptr, Timestamp::min()};
};

}  // namespace

pipeline::NodeType audio_decoder_type() {
  return {
      .name = "audio_decoder",
      .summary = "Decodes sound to 16 kHz mono",
      .doc =
          "Mixes any channel layout down to mono at 16 kHz. Chunks follow each other without a "
          "gap:\n"
          "missing sound becomes silence, timestamps that drift are followed.\n"
          "Latency: one chunk. Memory: one chunk.",
      .inputs = {pipeline::port<EncodedPacket>("packets", "packets of an audio track")},
      .outputs = {pipeline::port<media::AudioChunk>("sound", "16 kHz mono")},
      .parameters = {{.name = "chunk",
                      .default_value = media::AudioDecoderOptions{}.chunk,
                      .doc = "length of the chunks given out",
                      .minimum = 0.01,
                      .maximum = 10}},
      .concurrency = pipeline::Concurrency::kSerial,
      .reach = std::chrono::seconds(1),
      .latency = [](const pipeline::Parameters& p) { return p.get<Duration>("chunk"); },
      .example = "sound: {type: audio_decoder, in: source.audio}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<AudioDecoderNode>(p); },
  };
}

}  // namespace attune::nodes
