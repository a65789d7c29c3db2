#include "nodes/face_detector.h"

#include <optional>

#include "models/face_detector.h"
#include "nodes/model_parameter.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

align::Face to_face(const models::DetectedFace& detected, float scale) {
  align::Face face;
  face.box = {detected.begin.x / scale, detected.begin.y / scale,
              (detected.end.x - detected.begin.x) / scale,
              (detected.end.y - detected.begin.y) / scale};
  for (std::size_t i = 0; i < face.landmarks.size(); ++i)
    face.landmarks[i] = {detected.landmarks[i].x / scale, detected.landmarks[i].y / scale};
  face.score = detected.score;
  return face;
}

class FaceDetectorNode : public pipeline::Node {
 public:
  explicit FaceDetectorNode(const pipeline::Parameters& parameters)
      : model_(parameters.get<std::string>("model")),
        minimum_score_(static_cast<float>(parameters.get<double>("minimum_score"))),
        minimum_size_(static_cast<float>(parameters.get<std::int64_t>("minimum_size"))) {}

  void open(pipeline::RunContext& context) override {
    const auto installed = use_model(context, models::ModelRole::kFaceDetector, model_);
    detector_.emplace(models::WeightFile::open(installed.path),
                      models::FaceDetectorOptions{.score_threshold = minimum_score_});
  }

  void process(std::size_t, const Packet& packet, pipeline::Emitter& out) override {
    if (!packet.is_data()) return;
    const auto& frame = packet.get<media::GridFrame>();
    if (!frame.bgr) return;
    const media::Image& image = *frame.bgr;
    align::FaceDetections detections{.tick = frame.tick, .faces = {}};
    for (const auto& found :
         detector_->detect(image.pixels.data(), image.width, image.height, 3 * image.width)) {
      const align::Face face = to_face(found, frame.bgr_scale);
      if (face.box.width >= minimum_size_ && face.box.height >= minimum_size_)
        detections.faces.push_back(face);
    }
    out.emit(Packet::data(packet.span(), std::move(detections)));
  }

 private:
  std::string model_;
  float minimum_score_;
  float minimum_size_;
  std::optional<models::FaceDetector> detector_;
};

}  // namespace

pipeline::NodeType face_detector_type() {
  return {
      .name = "face_detector",
      .summary = "Finds faces and their landmarks",
      .doc =
          "Looks at the coloured pictures that frame_sampler makes for it. Faces, and the eyes, "
          "nose\n"
          "and mouth corners of each, in pixels of the upright picture.\n"
          "Latency: none. Memory: one picture for each thread.",
      .inputs = {pipeline::port<media::GridFrame>("frames", "pictures, some with colours")},
      .outputs = {pipeline::port<align::FaceDetections>("faces", "one packet for each picture")},
      .parameters = {model_parameter("face detector"),
                     {.name = "minimum_score",
                      .default_value = 0.0,
                      .doc = "faces below are left out; 0: what the weights ask for",
                      .minimum = 0,
                      .maximum = 1},
                     {.name = "minimum_size",
                      .default_value = std::int64_t{16},
                      .doc = "smaller faces are left out",
                      .unit = "px",
                      .minimum = 1,
                      .maximum = 10000}},
      .concurrency = pipeline::Concurrency::kParallel,
      .reach = Duration::zero(),
      .latency = [](const pipeline::Parameters&) { return Duration::zero(); },
      .example = "faces: {type: face_detector, in: grid, model: auto}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<FaceDetectorNode>(p); },
  };
}

}  // namespace attune::nodes
