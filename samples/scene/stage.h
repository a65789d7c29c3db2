#pragma once

#include <map>
#include <optional>
#include <vector>

#include "samples/scene/canvas.h"
#include "samples/scene/head_motion.h"
#include "samples/scene/mouth.h"
#include "samples/scene/person.h"
#include "samples/scene/screenplay.h"

namespace attune::scene {

struct PictureSize {
  int width = 1280;
  int height = 720;
};

/// A face that can be seen in a picture, in its pixels.
struct VisibleFace {
  int character = 0;
  FaceGeometry geometry;
};

/// Draws the pictures of a screenplay: the room, and the people who sit in it.
class Stage {
 public:
  Stage(const Screenplay& play, PictureSize size, std::uint64_t seed);

  /// The picture at `time` (seconds), 32-bit pixels in the order of cairo's RGB24. Valid until the
  /// next call.
  cairo_surface_t* draw(double time);

  /// The faces of the picture at `time`.
  std::vector<VisibleFace> faces(double time) const;

 private:
  /// From the coordinates of a 1280x720 picture to pixels.
  struct Camera {
    double scale, x, y;
  };
  struct Performer {
    int character;
    HeadMotion motion;
    std::vector<std::pair<double, MouthTrack>> speeches;  // start time, mouth
  };

  std::optional<int> close_up(double time) const;
  Camera camera(std::optional<int> close_up) const;
  Point seat(int character) const;
  MouthShape mouth(const Performer& performer, double time) const;
  /// Everything that keeps still, as this camera shows it.
  cairo_surface_t* still(std::optional<int> close_up);

  PictureSize size_;
  int speakers_;
  std::vector<Shot> shots_;
  std::vector<Performer> performers_;
  std::map<std::optional<int>, Surface> stills_;  // drawn once for each camera
  Surface picture_;
};

}  // namespace attune::scene
