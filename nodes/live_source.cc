#include "nodes/live_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "live/feed_link.h"
#include "live/feed_place.h"
#include "media/live_input.h"
#include "media/live_source.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

constexpr std::size_t kAudio = 0;
constexpr std::size_t kVideo = 1;

class LiveSourceNode : public pipeline::SourceNode {
 public:
  explicit LiveSourceNode(const pipeline::Parameters& parameters)
      : video_(parameters.get<bool>("video")),
        missing_after_(parameters.get<Duration>("missing_after")) {
    options_.audio_track = parameters.get<std::string>("audio");
    options_.video = video_;
    options_.format_options = parameters.get<std::map<std::string, std::string>>("options");
    options_.stall_timeout = parameters.get<Duration>("stall_timeout");
    options_.first_delay = parameters.get<Duration>("first_delay");
    options_.longest_delay = parameters.get<Duration>("longest_delay");
    options_.reconnect = parameters.get<bool>("reconnect");
    options_.allow_other_hosts = parameters.get<bool>("other_hosts");
    options_.recording_speed = parameters.get<double>("recording_speed");
  }

  void open(pipeline::RunContext& context) override {
    link_ = context.facts.find<live::FeedLink>();
    place_ = context.facts.find<live::FeedPlace>();
    if (place_ != nullptr) options_.epoch = place_->start().steady;
    location_ = context.input;
    media::read_live_source(location_, options_.format_options);
  }

  bool produce(pipeline::Emitter& out) override {
    if (!input_) connect();
    // Short enough that a stop is noticed, long enough that waiting costs nothing.
    std::optional<media::LiveItem> item = input_->next(std::chrono::milliseconds(100));
    if (!item) return true;
    switch (item->kind) {
      case media::LiveItem::Kind::kEnd:
        return false;
      case media::LiveItem::Kind::kDiscontinuity:
        begin_anew(item->time, out);
        return true;
      case media::LiveItem::Kind::kPacket:
        pass_on(std::move(*item), out);
        return true;
    }
    return true;
  }

 private:
  /// When every node is open: what came while weights are loaded would be late from the start.
  void connect() {
    const auto make = [&] { return std::make_shared<media::LiveInput>(location_, options_); };
    if (place_ != nullptr) {
      input_ = place_->keep<media::LiveInput>("source", settings(), make);
      input_->resume();
    } else {
      input_ = make();
    }
    if (link_ != nullptr && link_->observer) link_->observer->source(input_);
  }

  /// Settings that need a new connection when they change.
  std::string settings() const {
    std::string text = fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}", location_, options_.audio_track,
                                   video_, options_.reconnect, options_.stall_timeout.count(),
                                   options_.first_delay.count(), options_.longest_delay.count(),
                                   options_.recording_speed, options_.allow_other_hosts);
    for (const auto& [key, value] : options_.format_options)
      text += fmt::format("|{}={}", key, value);
    return text;
  }

  void begin_anew(Timestamp time, pipeline::Emitter& out) {
    latest_ = newest_ = heard_at_ = {time, time};
    lag_ = {};
    is_missing_ = is_heard_ = {false, false};
    for (const std::size_t port : {kAudio, kVideo}) out.emit(port, Packet::discontinuity(time));
  }

  void pass_on(media::LiveItem item, pipeline::Emitter& out) {
    const std::size_t port = item.packet.kind == media::StreamKind::kAudio ? kAudio : kVideo;
    const std::size_t other = port == kAudio ? kVideo : kAudio;
    const TimeSpan arrived = item.packet.span;
    newest_[port] = std::max(newest_[port], arrived.start);
    heard_at_[port] = newest_[other];
    is_heard_[port] = true;
    lag_[port] = std::clamp(newest_[other] - arrived.start, lag_[port], kLongestLag);
    // Times on an edge never go back; packets come in decoding order.
    if (is_missing_[port] && arrived.start < latest_[port]) return;
    if (is_missing_[port] && !is_decodable_alone(item.packet, port)) return;
    is_missing_[port] = false;
    latest_[port] = std::max(latest_[port], arrived.start);
    const TimeSpan span{latest_[port], std::max(latest_[port], arrived.end)};
    out.emit(port, Packet::data(span, EncodedPacket{item.stream, std::move(item.packet)}));
    tell_missing(other, out);
  }

  /// Decoders begin with a picture that stands alone; every piece of sound does.
  static bool is_decodable_alone(const media::MediaPacket& packet, std::size_t port) {
    return port == kAudio || packet.is_key();
  }

  /// Where one of the streams is not there, or sends nothing while the other does, nobody waits for
  /// it.
  void tell_missing(std::size_t port, pipeline::Emitter& out) {
    const Timestamp now = newest_[port == kAudio ? kVideo : kAudio];
    const auto info = input_->info();
    const bool exists =
        info == nullptr || (port == kAudio ? info->audio() : info->video()) != nullptr;
    // How far behind it lies is not known before it has come once.
    const Duration patience =
        is_heard_[port] ? missing_after_ : std::max(missing_after_, kLongestLag);
    if (exists && !is_missing_[port] && now - heard_at_[port] < patience) return;
    is_missing_[port] = true;
    const Timestamp told = now - lag_[port] - kInterleaving;
    if (told <= latest_[port]) return;
    latest_[port] = told;
    out.emit(port, Packet::watermark(told));
  }

  /// By how much more than before a packet may lie behind the other stream.
  static constexpr Duration kInterleaving = std::chrono::milliseconds(200);
  /// Streams that are further apart are not of one moment.
  static constexpr Duration kLongestLag = std::chrono::seconds(3);

  bool video_;
  Duration missing_after_;
  media::LiveInputOptions options_;
  const live::FeedLink* link_ = nullptr;
  const live::FeedPlace* place_ = nullptr;
  std::string location_;
  std::shared_ptr<media::LiveInput> input_;
  /// Up to where each stream has been told, and has come.
  std::array<Timestamp, 2> latest_{};
  std::array<Timestamp, 2> newest_{};
  /// Where the other one was when it was heard last.
  std::array<Timestamp, 2> heard_at_{};
  std::array<bool, 2> is_heard_{};
  /// How far behind the other one it came at most: encoders send pictures up to a second ahead.
  std::array<Duration, 2> lag_{};
  std::array<bool, 2> is_missing_{};
};

}  // namespace

pipeline::NodeType live_source_type() {
  const media::LiveInputOptions defaults;
  return {
      .name = "live_source",
      .summary = "Reads a live feed and connects again when it is lost",
      .doc =
          "RTSP, RTMP, SRT, UDP and RTP, HLS, a pipe, a growing file, a capture device\n"
          "(v4l2:/dev/video0). Times are those of the feed's own clock, which begins with the feed "
          "and\n"
          "never goes back; where it is broken, a discontinuity is sent. Sound and picture that "
          "are\n"
          "missing are not waited for.\n"
          "Latency: none. Memory: packets that nobody has taken, up to 64 MiB.",
      .inputs = {},
      .outputs = {pipeline::port<EncodedPacket>("audio", "packets of the audio track"),
                  pipeline::port<EncodedPacket>("video", "packets of the video stream")},
      .parameters = {{.name = "audio",
                      .default_value = std::string("auto"),
                      .doc =
                          "auto, none, the number of an audio track from 1, or a language (eng)"},
                     {.name = "video", .default_value = true, .doc = "false: sound only"},
                     {.name = "options",
                      .default_value = std::map<std::string, std::string>{},
                      .doc = "options of FFmpeg's demuxer and protocol: {rtsp_transport: udp}"},
                     {.name = "stall_timeout",
                      .default_value = defaults.stall_timeout,
                      .doc = "a source that sends nothing for so long is connected to anew",
                      .minimum = 0.1,
                      .maximum = 3600},
                     {.name = "missing_after",
                      .default_value = Duration(std::chrono::seconds(1)),
                      .doc = "sound or picture that sends nothing for so long while the other goes "
                             "on is not waited for",
                      .minimum = 0.1,
                      .maximum = 60},
                     {.name = "first_delay",
                      .default_value = defaults.first_delay,
                      .doc = "before the second try to connect; doubles with every further one",
                      .minimum = 0.001,
                      .maximum = 3600},
                     {.name = "longest_delay",
                      .default_value = defaults.longest_delay,
                      .doc = "between tries",
                      .minimum = 0.001,
                      .maximum = 86400},
                     {.name = "reconnect",
                      .default_value = true,
                      .doc = "false: the end of the source is the end of the feed"},
                     {.name = "recording_speed",
                      .default_value = defaults.recording_speed,
                      .doc = "a recording is played at so many times its own speed; 0: as fast as "
                             "it can be worked on",
                      .minimum = 0,
                      .maximum = 1000},
                     {.name = "other_hosts",
                      .default_value = false,
                      .doc = "a playlist may lead to other hosts than its own"}},
      .concurrency = pipeline::Concurrency::kSource,
      .latency = [](const pipeline::Parameters&) { return Duration::zero(); },
      .example = "source: {type: live_source, stall_timeout: 3s}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<LiveSourceNode>(p); },
  };
}

}  // namespace attune::nodes
