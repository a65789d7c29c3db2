#pragma once

#include <array>

#include "samples/scene/canvas.h"
#include "samples/scene/head_motion.h"
#include "samples/scene/mouth.h"

namespace attune::scene {

struct Point {
  double x = 0;
  double y = 0;
};

/// The outline of a face and its landmarks: right eye (on the left of the picture), left eye,
/// nose, right mouth corner, left mouth corner.
struct FaceGeometry {
  Point top_left;
  Point bottom_right;
  std::array<Point, 5> landmarks;
};

enum class HairStyle { kLong, kShort };

struct Look {
  Colour skin;
  Colour hair;
  Colour iris;
  Colour lips;
  Colour clothes;
  HairStyle hair_style = HairStyle::kLong;
  double jaw = 54;  // half width at the mouth, pixels
  double lip_fullness = 1;
  double brow_height = 4;  // thickness of the eyebrows
  double beard = 0;        // [0, 1]: darkness of the shaved beard
  bool collar = false;     // shirt and jacket instead of a pullover
};

/// How the characters of the screenplay look.
const Look& look_of(int character);

// A person sits in pixels of a 1280x720 picture; the origin is the middle of the head at rest,
// between eyes and nose. The head is about 200 pixels high.

/// Draws what keeps still: shoulders, and the hair that hangs behind them.
void draw_body(cairo_t* cr, const Look& look);

/// Draws what moves, over draw_body: neck and head.
void draw_head_and_neck(cairo_t* cr, const Look& look, const HeadPose& pose,
                        const MouthShape& mouth);

/// Where draw_head_and_neck puts the face, in the same coordinates.
FaceGeometry face_geometry(const Look& look, const HeadPose& pose, const MouthShape& mouth);

}  // namespace attune::scene
