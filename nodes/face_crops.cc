#include "nodes/face_crops.h"

#include <algorithm>
#include <deque>

#include "models/mouth_crop.h"
#include "nodes/model_parameter.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

constexpr std::size_t kTracks = 0;

models::FaceLandmarks scaled(const align::Landmarks& landmarks, float scale) {
  models::FaceLandmarks result;
  for (std::size_t i = 0; i < result.size(); ++i) {
    // A pixel's centre lies at its integer index; scaling keeps the corners of the picture.
    result[i].x = (static_cast<double>(landmarks[i].x) + 0.5) * scale - 0.5;
    result[i].y = (static_cast<double>(landmarks[i].y) + 0.5) * scale - 0.5;
  }
  return result;
}

class FaceCropsNode : public pipeline::Node {
 public:
  explicit FaceCropsNode(const pipeline::Parameters& parameters)
      : model_(parameters.get<std::string>("model")) {}

  void open(pipeline::RunContext& context) override {
    geometry_ = use_aligner(context, model_)->geometry().crop;
  }

  void process(std::size_t port, const Packet& packet, pipeline::Emitter& out) override {
    if (!packet.is_data()) {
      pass_by(port, packet.span().start, out);
      return;
    }
    if (port == kTracks) {
      open_window(packet.get<align::FaceTrackChunk>());
      return;
    }
    const auto& frame = packet.get<media::GridFrame>();
    while (!windows_.empty() && frame.tick >= windows_.front().first + windows_.front().length)
      emit_front(out);
    if (!windows_.empty() && frame.tick >= windows_.front().first) cut(frame, windows_.front());
    if (!windows_.empty() && frame.tick + 1 == windows_.front().first + windows_.front().length)
      emit_front(out);
  }

  void flush(pipeline::Emitter& out) override {
    while (!windows_.empty()) emit_front(out);
  }

 private:
  void open_window(align::FaceTrackChunk chunk) {
    for (align::TrackSlice& slice : chunk.tracks) {
      slice.crop_side = geometry_.side;
      slice.crops.resize(static_cast<std::size_t>(slice.length()) * geometry_.pixels());
    }
    windows_.push_back(std::move(chunk));
  }

  void cut(const media::GridFrame& frame, align::FaceTrackChunk& chunk) const {
    const models::GrayPicture picture{frame.gray->pixels.data(), frame.gray->width,
                                      frame.gray->height, frame.gray->width};
    for (align::TrackSlice& slice : chunk.tracks) {
      const TokenIndex at = frame.tick - slice.first;
      if (at < 0 || at >= slice.length()) continue;
      const auto index = static_cast<std::size_t>(at);
      const auto placement =
          models::place_mouth_crop(scaled(slice.landmarks[index], frame.gray_scale), geometry_);
      const auto crop =
          std::span(slice.crops).subspan(index * geometry_.pixels(), geometry_.pixels());
      models::sample_mouth_crop(picture, placement, geometry_, crop);
      // A tick without a picture, should one follow, keeps the last mouth that was seen.
      for (std::size_t next = index + 1; next < static_cast<std::size_t>(slice.length()); ++next)
        std::copy(crop.begin(), crop.end(),
                  slice.crops.begin() + static_cast<std::ptrdiff_t>(next * geometry_.pixels()));
    }
  }

  /// No packet before `t` comes on the port: no picture for the windows before, or no window.
  void pass_by(std::size_t port, Timestamp t, pipeline::Emitter& out) {
    while (port != kTracks && !windows_.empty() && windows_.front().span().end <= t) emit_front(out);
    out.emit(Packet::watermark(windows_.empty() ? t : std::min(t, windows_.front().span().start)));
  }

  void emit_front(pipeline::Emitter& out) {
    align::FaceTrackChunk chunk = std::move(windows_.front());
    windows_.pop_front();
    const Timestamp end = chunk.span().end;
    out.emit(Packet::data(chunk.span(), std::move(chunk)));
    out.emit(Packet::watermark(end));
  }

  std::string model_;
  models::MouthCropGeometry geometry_;
  std::deque<align::FaceTrackChunk> windows_;
};

}  // namespace

pipeline::NodeType face_crops_type() {
  return {
      .name = "face_crops",
      .summary = "Cuts the mouths of all tracks out of the pictures",
      .doc =
          "The geometry of the crop belongs to the weights of the aligner: gray, turned to the "
          "eye\n"
          "line, around the mouth of the smoothed landmarks.\n"
          "Latency: one window of tracks. Memory: the crops of that window; the pictures wait in "
          "the\n"
          "graph until their tracks are known.",
      .inputs = {pipeline::port<align::FaceTrackChunk>("tracks", "where the faces are"),
                 pipeline::port<media::GridFrame>("frames", "pictures on the token grid")},
      .outputs = {pipeline::port<align::FaceTrackChunk>("crops", "tracks with their crops")},
      .parameters = {model_parameter("aligner whose crops are cut")},
      .concurrency = pipeline::Concurrency::kSerial,
      .reach = std::chrono::seconds(2),
      .latency = [](const pipeline::Parameters&) { return Duration::zero(); },
      .example = "crops: {type: face_crops, in: {tracks: tracks, frames: grid}}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<FaceCropsNode>(p); },
  };
}

}  // namespace attune::nodes
