#include "nodes/hls_writer.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "live/feed_link.h"
#include "live/feed_place.h"
#include "live/hls_output.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

enum Port : std::size_t { kAudio, kVideo, kCues };

live::HlsOptions options_of(const pipeline::Parameters& parameters) {
  live::HlsOptions options;
  options.folder = parameters.get<std::string>("folder");
  options.segment = parameters.get<Duration>("segment");
  options.window = static_cast<std::size_t>(parameters.get<std::int64_t>("window"));
  options.keep_all = parameters.get<bool>("keep_all");
  options.captions = parameters.get<bool>("captions");
  options.language = parameters.get<std::string>("language");
  options.caption_delay = parameters.get<Duration>("caption_delay");
  return options;
}

/// All that makes one output another.
std::string settings_of(const live::HlsOptions& options) {
  return fmt::format("{} {} {} {} {} {} {}", options.folder.string(), options.segment.count(),
                     options.window, options.keep_all, options.captions, options.language,
                     options.caption_delay.count());
}

class HlsWriterNode : public pipeline::Node {
 public:
  explicit HlsWriterNode(const pipeline::Parameters& parameters)
      : options_(options_of(parameters)) {}

  void open(pipeline::RunContext& context) override {
    if (options_.folder.empty()) return;
    if (const auto* info = context.facts.find<media::MediaInfo>()) {
      options_.audio = info->audio() != nullptr;
      options_.video = info->video() != nullptr;
    }
    const auto* place = context.facts.find<live::FeedPlace>();
    if (place == nullptr) {
      options_.wall_start =
          std::chrono::system_clock::now() -
          std::chrono::duration_cast<std::chrono::system_clock::duration>(context.start);
      output_ = std::make_shared<live::HlsOutput>(options_);
      return;
    }
    options_.folder = place->path(options_.folder);
    options_.wall_start = place->start().wall;
    // One folder, one output: it goes on with its numbers when the graph is built anew.
    output_ = place->keep<live::HlsOutput>(options_.folder.string(), settings_of(options_), [&] {
      return std::make_shared<live::HlsOutput>(options_);
    });
  }

  void process(std::size_t port, const Packet& packet, pipeline::Emitter&) override {
    if (!output_) return;
    if (packet.kind() == Packet::Kind::kWatermark) output_->advance(packet.span().start);
    if (!packet.is_data()) return;
    if (port == kCues) {
      output_->take(packet.get<captions::Caption>());
    } else {
      const auto& encoded = packet.get<EncodedPacket>();
      output_->take(encoded.packet, encoded.stream);
    }
  }

  void restart(Timestamp time) override {
    if (output_) output_->discontinuity(time);
  }

  /// Players stop for good at the end of a playlist.
  void close(pipeline::RunContext& context) override {
    const auto* link = context.facts.find<live::FeedLink>();
    if (output_ && (link == nullptr || !link->is_ending || link->is_ending())) output_->finish();
  }

 private:
  live::HlsOptions options_;
  std::shared_ptr<live::HlsOutput> output_;
};

std::vector<pipeline::ParameterSpec> parameters() {
  return {{.name = "folder",
           .default_value = std::string("hls"),
           .doc = "where the playlists and segments are served from; of a live feed, under its "
                  "folder; empty: none"},
          {.name = "segment",
           .default_value = Duration(std::chrono::seconds(2)),
           .doc = "length of a segment, as the source's key pictures allow",
           .minimum = 0.2,
           .maximum = 60},
          {.name = "window",
           .default_value = std::int64_t{6},
           .doc = "segments in the playlists; older ones are removed after as many more",
           .unit = "segments",
           .minimum = 3,
           .maximum = 10000},
          {.name = "keep_all",
           .default_value = false,
           .doc = "true: nothing is removed (an EVENT playlist)"},
          {.name = "captions", .default_value = true, .doc = "false: no rendition of subtitles"},
          {.name = "language",
           .default_value = std::string(),
           .doc = "of the captions (BCP 47: en, de-AT); empty: not said"},
          {.name = "caption_delay",
           .default_value = Duration::zero(),
           .doc = "segments are published so long after their end; more than 0 where cues come "
                  "later than in order of time",
           .minimum = 0,
           .maximum = 60}};
}

}  // namespace

pipeline::NodeType hls_writer_type() {
  return {
      .name = "hls_writer",
      .summary = "Writes HLS: segments of the picture and sound as they are, with captions",
      .doc =
          "Packets go into MPEG-TS segments without being encoded anew, captions into WebVTT\n"
          "segments beside them; master.m3u8 is what players open (docs/live.md). Packets and "
          "cues\n"
          "come in one order of time, so that a segment has its captions when it is published.\n"
          "What comes after the end of a feed that goes on is added to the same playlists.\n"
          "Latency: none for others; viewers are behind by a segment and what players buffer.\n"
          "Memory: two seconds of packets at the start, then a few; segments are on disk.",
      .inputs = {pipeline::port<EncodedPacket>("audio", "packets of the audio track", true),
                 pipeline::port<EncodedPacket>("video", "packets of the video stream", true),
                 pipeline::port<captions::Caption>("cues", "final captions", true)},
      .outputs = {},
      .parameters = parameters(),
      .concurrency = pipeline::Concurrency::kSerial,
      .latency = [](const pipeline::Parameters&) { return Duration::zero(); },
      .example =
          "hls: {type: hls_writer, in: {audio: source.audio, video: source.video, cues: cues}, "
          "folder: hls, language: en}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<HlsWriterNode>(p); },
  };
}

}  // namespace attune::nodes
