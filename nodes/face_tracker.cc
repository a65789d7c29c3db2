#include "nodes/face_tracker.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "align/face_tracker.h"
#include "live/feed_link.h"
#include "live/feed_place.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

constexpr std::size_t kCuts = 0;
constexpr std::size_t kFaces = 1;

class FaceTrackerNode : public pipeline::Node {
 public:
  explicit FaceTrackerNode(const pipeline::Parameters& parameters)
      : window_ticks_(static_cast<int>(parameters.get<std::int64_t>("window"))),
        options_(make_options(parameters)),
        tracker_(options_) {}

  void open(pipeline::RunContext& context) override {
    link_ = context.facts.find<live::FeedLink>();
    if (const auto* place = context.facts.find<live::FeedPlace>()) {
      next_track_ = place->keep<align::TrackId>("next track", "",
                                                [] { return std::make_shared<align::TrackId>(1); });
      tracker_.number_from(*next_track_);
    }
  }

  void process(std::size_t port, const Packet& packet, pipeline::Emitter& out) override {
    if (port == kCuts) {
      if (packet.is_data()) tracker_.cut(packet.get<align::ShotCut>().tick);
      return;
    }
    const TokenIndex tick = token_floor(packet.span().start);
    if (packet.is_data()) {
      const auto& detections = packet.get<align::FaceDetections>();
      if (!next_) next_ = detections.tick;
      tracker_.push(detections.tick, detections.faces);
      last_ = token_floor(packet.span().end - Duration(1));
    } else if (next_ && options_.hold_after) {
      last_ = std::max(last_, tick);
    }
    if (link_ != nullptr) tracker_.set_most_tracks(link_->measures().most_faces.value_or(0));
    while (next_ && tick >= window_end() + tracker_.latency()) emit_window(window_end(), out);
    if (!next_) out.emit(Packet::watermark(packet.span().start));
  }

  void flush(pipeline::Emitter& out) override {
    tracker_.finish();
    while (next_ && *next_ <= last_) emit_window(std::min(window_end(), last_ + 1), out);
  }

  void restart(Timestamp) override {
    tracker_.restart();
    next_.reset();
    last_ = 0;
  }

  static align::FaceTrackerOptions make_options(const pipeline::Parameters& parameters) {
    align::FaceTrackerOptions options;
    options.start_score = static_cast<float>(parameters.get<double>("start_score"));
    options.minimum_detections =
        static_cast<int>(parameters.get<std::int64_t>("minimum_detections"));
    options.maximum_gap = static_cast<int>(token_floor(parameters.get<Duration>("maximum_gap")));
    options.detection_period = std::min(options.detection_period, options.maximum_gap);
    options.smoothing_radius = static_cast<int>(parameters.get<std::int64_t>("smoothing"));
    options.smoothing_sigma *=
        static_cast<float>(options.smoothing_radius) / align::FaceTrackerOptions{}.smoothing_radius;
    if (parameters.get<bool>("live"))
      options.hold_after = std::min(options.detection_period, options.maximum_gap);
    return options;
  }

 private:
  /// Windows end at multiples of their length, wherever the picture began.
  TokenIndex window_end() const {
    TokenIndex past = *next_ % window_ticks_;
    if (past < 0) past += window_ticks_;
    return *next_ - past + window_ticks_;
  }

  void emit_window(TokenIndex end, pipeline::Emitter& out) {
    align::FaceTrackChunk chunk = tracker_.take(*next_, static_cast<int>(end - *next_));
    *next_ = end;
    if (next_track_) *next_track_ = tracker_.next_id();
    out.emit(Packet::data(chunk.span(), std::move(chunk)));
    out.emit(Packet::watermark(token_time(end)));
  }

  const live::FeedLink* link_ = nullptr;
  int window_ticks_;
  align::FaceTrackerOptions options_;
  align::FaceTracker tracker_;
  /// Of a live feed, whose next graph goes on with it.
  std::shared_ptr<align::TrackId> next_track_;
  std::optional<TokenIndex> next_;
  TokenIndex last_ = 0;
};

}  // namespace

pipeline::NodeType face_tracker_type() {
  const align::FaceTrackerOptions defaults;
  return {
      .name = "face_tracker",
      .summary = "Follows faces from detection to detection",
      .doc =
          "Joins detections by overlap, fills the ticks between them, smooths boxes and landmarks\n"
          "over time. A track never crosses a cut; two faces of one picture never share a track.\n"
          "Latency: about one second and the window; live: 0.16 s and the window, for which a face "
          "that\n"
          "is not seen again at once stays where it was. Memory: the detections of that time.",
      .inputs = {pipeline::port<align::ShotCut>("cuts", "cuts, which end every track"),
                 pipeline::port<align::FaceDetections>("faces", "detections, at a constant rate")},
      .outputs = {pipeline::port<align::FaceTrackChunk>("tracks", "tracks, without pictures")},
      .parameters = {{.name = "start_score",
                      .default_value = static_cast<double>(defaults.start_score),
                      .doc = "detections below this score start no track",
                      .minimum = 0,
                      .maximum = 1},
                     {.name = "minimum_detections",
                      .default_value = std::int64_t{defaults.minimum_detections},
                      .doc = "tracks with fewer detections are taken for false alarms",
                      .minimum = 1,
                      .maximum = 100},
                     {.name = "maximum_gap",
                      .default_value = Duration(token_time(defaults.maximum_gap)),
                      .doc = "how long a face may be missed before its track ends",
                      .minimum = 0.04,
                      .maximum = 10},
                     {.name = "smoothing",
                      .default_value = std::int64_t{defaults.smoothing_radius},
                      .doc = "boxes and landmarks are smoothed over so many to each side",
                      .unit = "tokens",
                      .minimum = 1,
                      .maximum = 25},
                     {.name = "live",
                      .default_value = false,
                      .doc = "do not wait for the next time a face is seen"},
                     {.name = "window",
                      .default_value = std::int64_t{25},
                      .doc = "length of the windows given out",
                      .unit = "tokens",
                      .minimum = 1,
                      .maximum = 250}},
      .concurrency = pipeline::Concurrency::kSerial,
      .reach = std::chrono::seconds(10),
      .latency =
          [](const pipeline::Parameters& p) {
            const align::FaceTracker tracker(FaceTrackerNode::make_options(p));
            return (tracker.latency() + p.get<std::int64_t>("window")) * kTokenPeriod;
          },
      .example = "tracks: {type: face_tracker, in: {cuts: cuts, faces: faces}, maximum_gap: 0.5s}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<FaceTrackerNode>(p); },
  };
}

}  // namespace attune::nodes
