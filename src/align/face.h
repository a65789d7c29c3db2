#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/time.h"

namespace attune::align {

struct Point {
  float x = 0;
  float y = 0;
};

/// Axis-aligned box in pixels of the upright picture; (x, y) is the top left corner.
struct Box {
  float x = 0;
  float y = 0;
  float width = 0;
  float height = 0;

  Point center() const { return {x + width / 2, y + height / 2}; }
  float area() const { return width * height; }
};

/// Intersection over union, in [0, 1].
float iou(const Box& a, const Box& b);

/// Share of the smaller box that lies inside the other one, in [0, 1].
float containment(const Box& a, const Box& b);

/// Order of the five landmarks: right eye (on the left of the picture), left eye, nose, right mouth
/// corner, left mouth corner.
using Landmarks = std::array<Point, 5>;

struct Face {
  Box box;
  Landmarks landmarks{};
  /// Detector confidence in [0, 1].
  float score = 0;
};

/// All faces of the picture on display at a tick, in pixels of the upright picture.
struct FaceDetections {
  TokenIndex tick = 0;
  std::vector<Face> faces;
};

/// Identifies one face followed without a break within one shot; unique within a recording, from 1.
using TrackId = std::int64_t;
/// Identifies one person within a recording, from 1; 0 when nobody (off screen).
using SpeakerId = std::int64_t;

}  // namespace attune::align
