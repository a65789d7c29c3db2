#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/yunet.h"

namespace attune::models {

/// A face as the detector sees it, in pixels of the picture it was given; nothing is clipped.
struct DetectedFace {
  struct Point {
    float x = 0;
    float y = 0;
  };

  /// Top left and bottom right corner.
  Point begin;
  Point end;
  /// Right eye (on the left of the picture), left eye, nose, right and left corner of the mouth.
  std::array<Point, 5> landmarks{};
  /// Class probability times object probability, in [0, 1].
  float score = 0;
};

struct FaceDetectorOptions {
  /// Faces with a lower score are left out. 0: what the weights' metadata asks for, else 0.5.
  float score_threshold = 0;
  /// Of two faces that overlap by more (intersection over union), the one with the lower score is
  /// left out.
  float nms_iou = 0.45F;
};

/// Finds faces in one picture. Thread-safe; copies share the weights.
class FaceDetector {
 public:
  explicit FaceDetector(const WeightFile& file, FaceDetectorOptions options = {});

  /// `bgr`: rows of interleaved 8-bit BGR, `stride` bytes from one row to the next. Faces in order
  /// of descending score.
  std::vector<DetectedFace> detect(const std::uint8_t* bgr, int width, int height,
                                   std::ptrdiff_t stride) const;

  float score_threshold() const { return options_.score_threshold; }

 private:
  YuNet network_;
  FaceDetectorOptions options_;
};

}  // namespace attune::models
