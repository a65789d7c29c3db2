#include "nodes/face_tracker.h"

#include <algorithm>
#include <optional>

#include "align/face_tracker.h"
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

  void process(std::size_t port, const Packet& packet, pipeline::Emitter& out) override {
    if (!packet.is_data()) return;
    if (port == kCuts) {
      tracker_.cut(packet.get<align::ShotCut>().tick);
      return;
    }
    const auto& detections = packet.get<align::FaceDetections>();
    if (!next_) next_ = detections.tick;
    tracker_.push(detections.tick, detections.faces);
    last_ = token_floor(packet.span().end - Duration(1));
    while (detections.tick >= window_end() + tracker_.latency()) emit_window(window_end(), out);
  }

  void flush(pipeline::Emitter& out) override {
    tracker_.finish();
    while (next_ && *next_ <= last_) emit_window(std::min(window_end(), last_ + 1), out);
  }

 private:
  static align::FaceTrackerOptions make_options(const pipeline::Parameters& parameters) {
    align::FaceTrackerOptions options;
    options.start_score = static_cast<float>(parameters.get<double>("start_score"));
    options.minimum_detections =
        static_cast<int>(parameters.get<std::int64_t>("minimum_detections"));
    options.maximum_gap = static_cast<int>(token_floor(parameters.get<Duration>("maximum_gap")));
    options.detection_period = std::min(options.detection_period, options.maximum_gap);
    return options;
  }

  /// Windows end at multiples of their length, wherever the picture began.
  TokenIndex window_end() const {
    TokenIndex past = *next_ % window_ticks_;
    if (past < 0) past += window_ticks_;
    return *next_ - past + window_ticks_;
  }

  void emit_window(TokenIndex end, pipeline::Emitter& out) {
    align::FaceTrackChunk chunk = tracker_.take(*next_, static_cast<int>(end - *next_));
    *next_ = end;
    out.emit(Packet::data(chunk.span(), std::move(chunk)));
  }

  int window_ticks_;
  align::FaceTrackerOptions options_;
  align::FaceTracker tracker_;
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
          "Latency: about one second and the window. Memory: the detections of that time.",
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
                     {.name = "window",
                      .default_value = std::int64_t{25},
                      .doc = "length of the windows given out",
                      .unit = "tokens",
                      .minimum = 1,
                      .maximum = 250}},
      .concurrency = pipeline::Concurrency::kSerial,
      .reach = std::chrono::seconds(10),
      .example = "tracks: {type: face_tracker, in: {cuts: cuts, faces: faces}, maximum_gap: 0.5s}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<FaceTrackerNode>(p); },
  };
}

}  // namespace attune::nodes
