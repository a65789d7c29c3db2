#include "nodes/face_looks.h"

#include <algorithm>
#include <deque>
#include <map>

#include "align/appearance.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

constexpr std::size_t kTracks = 0;

class FaceLooksNode : public pipeline::Node {
 public:
  void process(std::size_t port, const Packet& packet, pipeline::Emitter& out) override {
    if (!packet.is_data()) {
      pass_by(port, packet.span().start, out);
      return;
    }
    if (port == kTracks) {
      windows_.push_back(packet.get<align::FaceTrackChunk>());
      return;
    }
    const auto& frame = packet.get<media::GridFrame>();
    while (!windows_.empty() && frame.tick >= windows_.front().first + windows_.front().length)
      emit_front(out);
    if (frame.bgr && !windows_.empty() && frame.tick >= windows_.front().first)
      look(frame, windows_.front());
    if (!windows_.empty() && frame.tick + 1 == windows_.front().first + windows_.front().length)
      emit_front(out);
  }

  void flush(pipeline::Emitter& out) override {
    while (!windows_.empty()) emit_front(out);
  }

  void restart(Timestamp) override { pictures_.clear(); }

 private:
  void look(const media::GridFrame& frame, align::FaceTrackChunk& window) {
    for (align::TrackSlice& slice : window.tracks) {
      const TokenIndex at = frame.tick - slice.first;
      if (at < 0 || at >= slice.length()) continue;
      int& pictures = pictures_[slice.track];
      if (pictures >= align::Appearance::kEnoughPictures) continue;
      ++pictures;
      align::Box box = slice.boxes[static_cast<std::size_t>(at)];
      const float scale = frame.bgr_scale;
      box = {box.x * scale, box.y * scale, box.width * scale, box.height * scale};
      const media::Image& image = *frame.bgr;
      slice.looks.push_back(
          {frame.tick, align::Appearance::of(image.pixels.data(), image.width, image.height,
                                             3 * image.width, box)});
    }
  }

  /// No packet before `t` comes on the port: no picture for the windows before, or no window.
  void pass_by(std::size_t port, Timestamp t, pipeline::Emitter& out) {
    while (port != kTracks && !windows_.empty() && windows_.front().span().end <= t) emit_front(out);
    out.emit(Packet::watermark(windows_.empty() ? t : std::min(t, windows_.front().span().start)));
  }

  void emit_front(pipeline::Emitter& out) {
    align::FaceTrackChunk window = std::move(windows_.front());
    windows_.pop_front();
    for (const align::TrackSlice& slice : window.tracks)
      if (slice.ends) pictures_.erase(slice.track);
    const Timestamp end = window.span().end;
    out.emit(Packet::data(window.span(), std::move(window)));
    out.emit(Packet::watermark(end));
  }

  std::deque<align::FaceTrackChunk> windows_;
  /// Looked at so far, of the tracks that have not ended.
  std::map<align::TrackId, int> pictures_;
};

}  // namespace

pipeline::NodeType face_looks_type() {
  return {
      .name = "face_looks",
      .summary = "Gathers what the people of all tracks look like",
      .doc =
          "Colours of hair, face and clothes, in the coloured pictures that frame_sampler makes, "
          "of\n"
          "the first seconds of each track.\n"
          "Latency: one window of tracks. Memory: that window, 5 KB for each look.",
      .inputs = {pipeline::port<align::FaceTrackChunk>("tracks", "where the faces are"),
                 pipeline::port<media::GridFrame>("frames", "pictures, some with colours")},
      .outputs = {pipeline::port<align::FaceTrackChunk>("looks", "tracks with their looks")},
      .parameters = {},
      .concurrency = pipeline::Concurrency::kSerial,
      .reach = std::chrono::seconds(2),
      .latency = [](const pipeline::Parameters&) { return Duration::zero(); },
      .example = "looks: {type: face_looks, in: {tracks: tracks, frames: grid}}",
      .make = [](const pipeline::Parameters&) { return std::make_unique<FaceLooksNode>(); },
  };
}

}  // namespace attune::nodes
