#include "nodes/demuxer.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/error.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

class DemuxerNode : public pipeline::SourceNode {
 public:
  explicit DemuxerNode(const pipeline::Parameters& parameters)
      : options_{.audio_track = parameters.get<std::string>("audio"),
                 .video = parameters.get<bool>("video"),
                 .network_timeout = parameters.get<Duration>("network_timeout"),
                 .format_options = {}} {}

  void open(pipeline::RunContext& context) override {
    demuxer_.emplace(context.input, options_, context.stop);
    const media::MediaInfo& info = demuxer_->info();
    context.total = info.duration.value_or(Duration::zero());
    context.start = info.start_time;
    context.facts.put(info);
    if (info.audio()) streams_[0] = std::make_shared<const media::StreamInfo>(*info.audio());
    if (info.video()) streams_[1] = std::make_shared<const media::StreamInfo>(*info.video());
    if (context.part) go_to(*context.part, context);
  }

  bool produce(pipeline::Emitter& out) override {
    std::optional<media::MediaPacket> packet = demuxer_->read();
    if (!packet) return false;
    const std::size_t port = packet->kind == media::StreamKind::kAudio ? 0 : 1;
    if (is_past_part(port, packet->span.start)) return !(has_ended_[0] && has_ended_[1]);
    // Packets come in decoding order; the edge promises times that never go back.
    latest_[port] = std::max(latest_[port], packet->span.start);
    const TimeSpan span{latest_[port], std::max(latest_[port], packet->span.end)};
    out.emit(port, Packet::data(span, EncodedPacket{streams_[port], std::move(*packet)}));
    return true;
  }

 private:
  void go_to(const TimeSpan& part, pipeline::RunContext& context) {
    end_ = std::min(part.end, end_);
    has_ended_ = {!streams_[0], !streams_[1]};
    if (part.start <= context.start) return;
    if (!demuxer_->can_seek())
      throw Error(ErrorKind::kInput, context.input + ": cannot be read from its middle");
    if (streams_[0]) context.facts.put(SoundBefore{options_, part.start});
    demuxer_->seek(part.start - kInterleaving);
  }

  bool is_past_part(std::size_t port, Timestamp start) {
    if (start >= end_ + kReordering) has_ended_[port] = true;
    return has_ended_[port];
  }

  /// Sound may be stored so long before the picture that is shown with it.
  static constexpr Duration kInterleaving = std::chrono::seconds(2);
  /// Pictures come in decoding order, up to sixteen of them before one that is shown earlier.
  static constexpr Duration kReordering = std::chrono::seconds(2);

  media::DemuxOptions options_;
  std::optional<media::Demuxer> demuxer_;
  std::array<std::shared_ptr<const media::StreamInfo>, 2> streams_;
  std::array<Timestamp, 2> latest_{Timestamp::min(), Timestamp::min()};
  /// Of the part to work on.
  Timestamp end_ = Timestamp::max() - kReordering;
  std::array<bool, 2> has_ended_{};
};

}  // namespace

pipeline::NodeType demuxer_type() {
  return {
      .name = "demuxer",
      .summary = "Reads a file or an address with FFmpeg",
      .doc =
          "Opens the input of the run: any container that FFmpeg reads. Takes one audio track and "
          "the\n"
          "best video stream; either may be missing. Runs on its own thread.\n"
          "Latency: none. Memory: one packet.",
      .inputs = {},
      .outputs = {pipeline::port<EncodedPacket>("audio", "packets of the audio track"),
                  pipeline::port<EncodedPacket>("video", "packets of the video stream")},
      .parameters = {{.name = "audio",
                      .default_value = std::string("auto"),
                      .doc =
                          "auto, none, the number of an audio track from 1, or a language (eng)"},
                     {.name = "video", .default_value = true, .doc = "false: sound only"},
                     {.name = "network_timeout",
                      .default_value = Duration(std::chrono::seconds(30)),
                      .doc = "an address that sends nothing for so long is given up",
                      .minimum = 0.1,
                      .maximum = 3600}},
      .concurrency = pipeline::Concurrency::kSource,
      .reach = Duration::zero(),
      .example = "source: {type: demuxer, audio: eng}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<DemuxerNode>(p); },
  };
}

}  // namespace attune::nodes
