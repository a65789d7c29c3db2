#include "nodes/event_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "captions/speaker_names.h"
#include "core/error.h"
#include "live/event_json.h"
#include "live/feed_link.h"
#include "live/feed_place.h"
#include "live/json_log.h"
#include "live/rolling_webvtt.h"
#include "live/webhook.h"
#include "nodes/payloads.h"
#include "nodes/speaker_parameters.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

enum EventInput : std::size_t { kSegments, kSpeaking, kAlignment, kSync, kCues, kDrafts };

/// Where the secret of the webhook's receiver comes from: not from files that are shown to others.
constexpr const char* kTokenVariable = "ATTUNE_WEBHOOK_TOKEN";

class EventWriterNode : public pipeline::Node {
 public:
  explicit EventWriterNode(const pipeline::Parameters& parameters)
      : parameters_(parameters), names_(live_names(parameters)) {}

  void open(pipeline::RunContext& context) override {
    const auto* place = context.facts.find<live::FeedPlace>();
    if (place == nullptr)
      throw Error(ErrorKind::kUsage,
                  "event_writer writes while a feed goes on: run this pipeline with attune live");
    feed_ = place->name();
    wall_start_ = place->start().wall;
    ids_ = place->keep<Ids>("event ids", "", [] { return std::make_shared<Ids>(); });
    if (const auto* link = context.facts.find<live::FeedLink>()) {
      if (link->events) bus_.add(link->events);
      news_ = link->news;
      clock_ = link->now;
      observer_ = link->observer;
    }
    add_log(*place);
    add_webhook(*place);
    add_captions(*place);
  }

  void process(std::size_t port, const Packet& packet, pipeline::Emitter&) override {
    if (!packet.is_data()) return;
    now_ = std::max(now_, packet.span().end);
    switch (port) {
      case kSegments:
        tell_segment(packet.get<align::SpeechSegment>());
        break;
      case kSpeaking:
        tell_speaking(packet.get<SpeakingNow>());
        break;
      case kAlignment:
        if (observer_) observer_->result("speech", packet.span().end);
        break;
      case kSync:
        bus_.take(live::sync_event(stamp(ids_->sync++), packet.get<align::SyncOffset>(), true));
        break;
      case kCues:
        tell_caption(packet.get<captions::Caption>());
        break;
      default:
        tell_drafts(packet.get<DraftCaptions>());
    }
  }

  void restart(Timestamp) override {
    open_.clear();
    told_.clear();
  }

 private:
  /// Numbers go on where the graph is built anew.
  struct Ids {
    std::int64_t segment = 1;
    std::int64_t caption = 1;
    std::int64_t sync = 1;
  };

  void add_log(const live::FeedPlace& place) {
    const auto file = parameters_.get<std::string>("file");
    if (file.empty()) return;
    live::JsonLogOptions options;
    options.path = file == "-" ? file : place.path(file).string();
    options.max_bytes = static_cast<std::uint64_t>(parameters_.get<std::int64_t>("rotate")) << 20;
    options.keep = static_cast<int>(parameters_.get<std::int64_t>("keep"));
    const std::string settings = fmt::format("{}|{}", options.max_bytes, options.keep);
    const auto log = place.keep<live::JsonLog>(
        options.path, settings, [&] { return std::make_shared<live::JsonLog>(options); });
    // A graph that is built anew is also the moment after an outside rotation.
    log->reopen();
    add(log);
  }

  void add_webhook(const live::FeedPlace& place) {
    live::WebhookOptions options;
    options.url = parameters_.get<std::string>("webhook");
    if (options.url.empty()) return;
    if (const char* token = std::getenv(kTokenVariable)) options.bearer_token = token;
    add(place.keep<live::Webhook>(options.url, "",
                                  [&] { return std::make_shared<live::Webhook>(options); }));
  }

  void add(const std::shared_ptr<live::EventSink>& sink) {
    bus_.add(sink);
    if (news_) news_->add(sink);
  }

  void add_captions(const live::FeedPlace& place) {
    const auto file = parameters_.get<std::string>("captions");
    if (file.empty()) return;
    live::RollingWebvttOptions options;
    options.path = place.path(file);
    options.window = parameters_.get<Duration>("captions_window");
    bus_.add(place.keep<live::RollingWebvtt>(
        options.path.string(), fmt::format("{}", options.window.count()),
        [&] { return std::make_shared<live::RollingWebvtt>(options); }));
  }

  live::EventStamp stamp(std::int64_t id) const {
    const Timestamp now = (clock_ ? clock_() : std::nullopt).value_or(now_);
    return {
        .feed = feed_,
        .id = id,
        .time = now,
        .wall = wall_start_ + std::chrono::duration_cast<std::chrono::system_clock::duration>(now)};
  }

  void tell_segment(const align::SpeechSegment& segment) {
    const auto open = open_.find(segment.speaker);
    std::int64_t id = 0;
    if (open == open_.end()) {
      id = ids_->segment++;
    } else {
      id = open->second;
      open_.erase(open);
    }
    told_.erase(segment.speaker);
    bus_.take(live::segment_event(stamp(id), segment, names_.name(segment.speaker)));
  }

  /// Who begins to speak is told at once, who goes on every second.
  void tell_speaking(const SpeakingNow& now) {
    // Short speech off screen may have become part of a neighbour's turn: its number is over.
    const auto is_over = [&](const auto& entry) {
      return std::ranges::find(now.segments, entry.first, &align::SpeechSegment::speaker) ==
             now.segments.end();
    };
    std::erase_if(open_, is_over);
    std::erase_if(told_, is_over);
    for (const align::SpeechSegment& segment : now.segments) {
      if (!open_.contains(segment.speaker)) open_[segment.speaker] = ids_->segment++;
      const auto told = told_.find(segment.speaker);
      if (told != told_.end() && now_ < told->second + kSpeakingEvery) continue;
      told_[segment.speaker] = now_;
      bus_.take(live::speaking_event(stamp(open_[segment.speaker]), segment,
                                     names_.name(segment.speaker)));
    }
  }

  void tell_caption(captions::Caption caption) {
    const Timestamp heard =
        caption.words.empty() ? caption.span.start : caption.words.front().span.end;
    bus_.take(live::caption_event(stamp(ids_->caption++),
                                  std::make_shared<const captions::Caption>(std::move(caption)),
                                  true));
    if (observer_) observer_->result("captions", heard);
  }

  /// Captions that are not final have the numbers of those that will replace them.
  void tell_drafts(const DraftCaptions& drafts) {
    std::int64_t id = ids_->caption;
    for (const captions::Caption& caption : drafts.captions)
      bus_.take(live::caption_event(stamp(id++), std::make_shared<const captions::Caption>(caption),
                                    false));
  }

  static constexpr Duration kSpeakingEvery = std::chrono::seconds(1);

  pipeline::Parameters parameters_;
  captions::SpeakerNames names_;
  std::string feed_;
  std::chrono::system_clock::time_point wall_start_;
  std::shared_ptr<Ids> ids_;
  std::function<std::optional<Timestamp>()> clock_;
  live::EventBus bus_;
  std::shared_ptr<live::EventBus> news_;
  std::shared_ptr<live::ResultObserver> observer_;
  Timestamp now_{};
  /// The numbers of what goes on, and when it was last told.
  std::map<align::SpeakerId, std::int64_t> open_;
  std::map<align::SpeakerId, Timestamp> told_;
};

std::vector<pipeline::ParameterSpec> event_writer_parameters() {
  std::vector<pipeline::ParameterSpec> specs = {
      {.name = "file",
       .default_value = std::string("events.jsonl"),
       .doc = "JSON Lines, one event each; -: standard output; empty: none"},
      {.name = "rotate",
       .default_value = std::int64_t{64},
       .doc = "the file is begun anew when it would become larger; 0: never",
       .unit = "MiB",
       .minimum = 0,
       .maximum = 1 << 20},
      {.name = "keep",
       .default_value = std::int64_t{5},
       .doc = "earlier files that stay",
       .minimum = 0,
       .maximum = 1000},
      {.name = "webhook",
       .default_value = std::string(),
       .doc = fmt::format("address that gets the events by HTTP POST; {} in the environment is "
                          "sent as bearer token",
                          kTokenVariable)},
      {.name = "captions",
       .default_value = std::string(),
       .doc = "WebVTT file with the final captions of the last minutes; empty: none"},
      {.name = "captions_window",
       .default_value = Duration(std::chrono::minutes(10)),
       .doc = "how far back it goes",
       .minimum = 1,
       .maximum = 86400}};
  for (pipeline::ParameterSpec& spec : speaker_parameters()) specs.push_back(std::move(spec));
  return specs;
}

}  // namespace

pipeline::NodeType event_writer_type() {
  return {
      .name = "event_writer",
      .summary = "Writes what is found on a live feed as events, at once",
      .doc =
          "JSON Lines after docs/schema/event.schema.json, to a file that is rotated, to standard\n"
          "output and to a webhook; and the last minutes' captions as WebVTT. What is final never\n"
          "changes; speaking and captions also come earlier, as they are so far. Several of these "
          "nodes\n"
          "may share a file, so that what comes late delays nothing.\n"
          "Latency: none. Memory: up to 4 MiB for each slow receiver.",
      .inputs = {pipeline::port<align::SpeechSegment>("segments", "who spoke when", true),
                 pipeline::port<SpeakingNow>("speaking", "who speaks at the moment", true),
                 pipeline::port<align::AlignmentWindow>("alignment", "to measure latency", true),
                 pipeline::port<align::SyncOffset>("sync", "offset of sound to picture", true),
                 pipeline::port<captions::Caption>("cues", "final captions", true),
                 pipeline::port<DraftCaptions>("drafts", "captions so far", true)},
      .outputs = {},
      .parameters = event_writer_parameters(),
      .concurrency = pipeline::Concurrency::kSerial,
      .latency = [](const pipeline::Parameters&) { return Duration::zero(); },
      .example =
          "events: {type: event_writer, in: {segments: segments, speaking: segments.speaking}, "
          "file: events.jsonl}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<EventWriterNode>(p); },
  };
}

}  // namespace attune::nodes
