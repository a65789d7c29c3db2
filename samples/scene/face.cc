#include "samples/scene/face.h"

#include <cmath>

#include "samples/scene/features.h"

namespace attune::scene {
namespace {

constexpr double kPivot =
    90;  // the head turns about a point in the neck, this far below its middle
constexpr double kCheek = 69;  // half width of the face
constexpr double kTop = -98;
constexpr double kHairline = -83;  // where a face box begins
constexpr double kChin = 91;

double chin(const MouthShape& mouth) {
  return kChin + 11 * mouth.open;
}

void face_path(cairo_t* cr, const Look& look, const MouthShape& mouth) {
  const double bottom = chin(mouth);
  const double drop = 6 * mouth.open;
  cairo_move_to(cr, 0, kTop);
  for (const double side : {1.0, -1.0}) {
    if (side < 0) cairo_move_to(cr, 0, kTop);
    cairo_curve_to(cr, side * 40, kTop, side * kCheek, -74, side * kCheek, -22);
    cairo_curve_to(cr, side * kCheek, 12, side * (look.jaw + 11), 32, side * look.jaw, 52 + drop);
    cairo_curve_to(cr, side * (look.jaw - 12), 72 + drop, side * (look.jaw - 31), bottom, 0,
                   bottom);
  }
}

void draw_ear(cairo_t* cr, const Look& look, double side) {
  ellipse(cr, side * 71, 2, 11, 20);
  fill(cr, shade(look.skin, side < 0 ? 0.95 : 0.8));
  ellipse(cr, side * 72, 1, 5, 12);
  stroke(cr, shade(look.skin, 0.6), 2, 0.6);
}

/// Light from the upper left, round cheeks, the hollows of the eyes, the shaved beard.
void shade_face(cairo_t* cr, const Look& look, const HeadPose& pose, const MouthShape& mouth) {
  const Colour dark = mix(shade(look.skin, 0.55), {0.45, 0.15, 0.1}, 0.3);
  const double slide = 4 * pose.yaw;
  soft_spot(cr, -24 + slide, -58, 62, 40, shade(look.skin, 1.55), 0.45);
  soft_spot(cr, 82, 20, 62, 130, dark, 0.62);
  soft_spot(cr, -88, 30, 44, 120, dark, 0.38);
  soft_spot(cr, 0, 108 + 11 * mouth.open, 84, 34, dark, 0.5);
  soft_spot(cr, -33 + slide, -22, 31, 19, dark, 0.34);
  soft_spot(cr, 33 + slide, -22, 31, 19, dark, 0.4);
  soft_spot(cr, -39 + slide, 22, 30, 24, {0.90, 0.45, 0.38}, 0.15);
  soft_spot(cr, 40 + slide, 22, 28, 24, {0.85, 0.40, 0.34}, 0.15);
  soft_spot(cr, -38 + slide, 6, 22, 13, shade(look.skin, 1.5), 0.38);
  soft_spot(cr, -4 + slide, 80 + 9 * mouth.open, 20, 13, shade(look.skin, 1.4), 0.3);
  if (look.beard > 0) {
    const Colour stubble = mix(look.skin, look.hair, 0.75);
    soft_spot(cr, 0, 66 + 6 * mouth.open, 78, 52, stubble, look.beard);
    soft_spot(cr, 0, 36, 34, 14, stubble, look.beard * 0.7);
    soft_spot(cr, -60, 40, 22, 54, stubble, look.beard * 0.8);
    soft_spot(cr, 60, 40, 22, 54, stubble, look.beard * 0.8);
  }
}

}  // namespace

void enter_head(cairo_t* cr, const HeadPose& pose) {
  cairo_translate(cr, pose.x, pose.y + kPivot);
  cairo_rotate(cr, pose.roll);
  cairo_translate(cr, 0, -kPivot);
}

void draw_head(cairo_t* cr, const Look& look, const HeadPose& pose, const MouthShape& mouth) {
  draw_ear(cr, look, -1);
  draw_ear(cr, look, 1);
  const auto outline = [&] { face_path(cr, look, mouth); };
  fill_with(cr, {-kCheek, kTop, kCheek, chin(mouth)}, outline, [&] {
    set_colour(cr, look.skin);
    cairo_paint(cr);
    shade_face(cr, look, pose, mouth);
    draw_hair_shadow(cr, look);
    draw_eyes(cr, look, pose);
    draw_brows(cr, look, pose);
    draw_nose(cr, look, pose);
    draw_mouth(cr, look, pose, mouth);
  });
  draw_front_hair(cr, look);
}

FaceGeometry face_geometry(const Look& look, const HeadPose& pose, const MouthShape& mouth) {
  const double cosine = std::cos(pose.roll);
  const double sine = std::sin(pose.roll);
  const auto place = [&](Point p) {
    const double y = p.y - kPivot;
    return Point{pose.x + p.x * cosine - y * sine, pose.y + kPivot + p.x * sine + y * cosine};
  };
  const Point top = place({0, kHairline});
  const Point bottom = place({0, chin(mouth)});
  const Point middle = place({0, 0});
  FaceGeometry geometry{{middle.x - kCheek, top.y}, {middle.x + kCheek, bottom.y}, {}};
  const std::array<Point, 5> landmarks = landmarks_of(look, pose, mouth);
  for (std::size_t i = 0; i < landmarks.size(); ++i) geometry.landmarks[i] = place(landmarks[i]);
  return geometry;
}

}  // namespace attune::scene
