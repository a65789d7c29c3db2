#include "nodes/monitor.h"

#include <cmath>
#include <deque>
#include <map>
#include <memory>

#include "captions/speaker_names.h"
#include "live/feed_link.h"
#include "nodes/payloads.h"
#include "nodes/speaker_parameters.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

enum MonitorInput : std::size_t { kAlignment, kTracks, kPictures, kSync };

double probability_of(float logit) {
  return 1 / (1 + std::exp(-static_cast<double>(logit)));
}

class MonitorNode : public pipeline::Node {
 public:
  explicit MonitorNode(const pipeline::Parameters& parameters) : names_(live_names(parameters)) {}

  void open(pipeline::RunContext& context) override {
    const auto* link = context.facts.find<live::FeedLink>();
    if (link != nullptr) watchers_ = link->monitor;
  }

  void process(std::size_t port, const Packet& packet, pipeline::Emitter&) override {
    if (!packet.is_data()) return;
    switch (port) {
      case kAlignment:
        keep(windows_, packet.share<align::AlignmentWindow>());
        show_due();
        break;
      case kTracks:
        keep(chunks_, packet.share<align::FaceTrackChunk>());
        break;
      case kPictures:
        pictures_.push_back({packet.span().start, packet.share<JpegPicture>()});
        if (pictures_.size() > kPicturesKept) pictures_.pop_front();
        show_due();
        break;
      default:
        sync_ = packet.get<align::SyncOffset>();
    }
  }

  void restart(Timestamp) override {
    windows_.clear();
    chunks_.clear();
    pictures_.clear();
    sync_ = {};
  }

 private:
  struct Picture {
    Timestamp time;
    std::shared_ptr<const JpegPicture> jpeg;
  };

  template <class T>
  static void keep(std::deque<std::shared_ptr<const T>>& kept, std::shared_ptr<const T> next) {
    kept.push_back(std::move(next));
    if (kept.size() > kWindowsKept) kept.pop_front();
  }

  /// Pictures whose alignment is known, one after the other.
  void show_due() {
    while (!pictures_.empty() && !windows_.empty() &&
           pictures_.front().time < windows_.back()->span().end) {
      const Picture picture = std::move(pictures_.front());
      pictures_.pop_front();
      if (watchers_ && watchers_->wanted()) watchers_->show(view_of(picture));
    }
  }

  live::MonitorView view_of(const Picture& picture) const {
    const TokenIndex tick = token_floor(picture.time);
    live::MonitorView view;
    view.time = picture.time;
    view.picture = picture.jpeg->bytes;
    view.width = picture.jpeg->width;
    view.height = picture.jpeg->height;
    view.offset = sync_.offset;
    view.offset_confidence = sync_.confidence;
    for (const auto& chunk : chunks_) add_faces(*chunk, tick, view);
    for (const auto& window : windows_) add_scores(*window, tick, view);
    return view;
  }

  void add_faces(const align::FaceTrackChunk& chunk, TokenIndex tick,
                 live::MonitorView& view) const {
    for (const align::TrackSlice& slice : chunk.tracks) {
      const TokenIndex at = tick - slice.first;
      if (at < 0 || at >= slice.length()) continue;
      const align::Box& box = slice.boxes[static_cast<std::size_t>(at)];
      view.faces.push_back({.track = slice.track,
                            .speaker = slice.speaker,
                            .name = names_.name(slice.speaker),
                            .x = box.x / view.width,
                            .y = box.y / view.height,
                            .width = box.width / view.width,
                            .height = box.height / view.height});
    }
  }

  static void add_scores(const align::AlignmentWindow& window, TokenIndex tick,
                         live::MonitorView& view) {
    const TokenIndex place = tick - window.first;
    if (place < 0 || place >= window.length) return;
    const auto index = static_cast<std::size_t>(place);
    view.null_mass = window.null_mass[index];
    view.speech = window.speech[index];
    view.off_screen = probability_of(window.off_screen[index]);
    for (const align::TrackAlignment& track : window.tracks) {
      const TokenIndex at = tick - track.first;
      if (at < 0 || at >= static_cast<TokenIndex>(track.mass.size())) continue;
      for (live::MonitorView::Face& face : view.faces) {
        if (face.track != track.track) continue;
        face.mass = track.mass[static_cast<std::size_t>(at)];
        face.speaking = probability_of(track.speaking[static_cast<std::size_t>(at)]);
      }
    }
  }

  /// More than a picture waits for its alignment.
  static constexpr std::size_t kPicturesKept = 64;
  static constexpr std::size_t kWindowsKept = 40;

  captions::SpeakerNames names_;
  std::shared_ptr<live::MonitorSink> watchers_;
  std::deque<std::shared_ptr<const align::AlignmentWindow>> windows_;
  std::deque<std::shared_ptr<const align::FaceTrackChunk>> chunks_;
  std::deque<Picture> pictures_;
  align::SyncOffset sync_;
};

}  // namespace

pipeline::NodeType monitor_type() {
  return {
      .name = "monitor",
      .summary = "Shows the alignment to those who watch a live feed",
      .doc =
          "The picture, the faces in it and who speaks, for the monitor page of the HTTP "
          "interface;\n"
          "nothing where nobody watches.\n"
          "Latency: none. Memory: about ten seconds of faces and scores, and pictures that wait "
          "for them.",
      .inputs = {pipeline::port<align::AlignmentWindow>("alignment", "speaking scores"),
                 pipeline::port<align::FaceTrackChunk>("tracks", "where the faces are", true),
                 pipeline::port<JpegPicture>("pictures", "from picture_encoder", true),
                 pipeline::port<align::SyncOffset>("sync", "offset of sound to picture", true)},
      .outputs = {},
      .parameters = speaker_parameters(),
      .concurrency = pipeline::Concurrency::kSerial,
      .latency = [](const pipeline::Parameters&) { return Duration::zero(); },
      .example = "page: {type: monitor, in: {alignment: alignment, tracks: people, pictures: view}}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<MonitorNode>(p); },
  };
}

}  // namespace attune::nodes
