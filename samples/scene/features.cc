#include "samples/scene/features.h"

namespace attune::scene {
namespace {

constexpr double kEyeX = 31;
constexpr double kEyeY = -20;
constexpr double kEyeHalfWidth = 14.5;
constexpr double kNoseY = 17;
constexpr double kMouthY = 48.5;
constexpr double kMouthHalfWidth = 25;

/// The nearer a feature stands to the viewer, the further it slides when the head turns.
Point slide(const HeadPose& pose, double depth) {
  return {6 * depth * pose.yaw, 4 * depth * pose.pitch};
}

struct MouthOutline {
  Point centre;
  double half_width;
  double drop;   // of the lower lip
  double raise;  // of the upper lip
  double fullness;
};

MouthOutline outline_of(const Look& look, const HeadPose& pose, const MouthShape& mouth) {
  const Point shift = slide(pose, 0.9);
  const double spread = mouth.width > 0 ? 0.16 * mouth.width : 0.30 * mouth.width;
  return {{shift.x, kMouthY + shift.y + 1.5 * mouth.open},
          kMouthHalfWidth * (1 + spread - 0.05 * mouth.open),
          25 * mouth.open,
          4 * mouth.open,
          look.lip_fullness};
}

void eye_path(cairo_t* cr, double side, double lid) {
  // `lid` 1: open; the upper edge comes down to the lower one as the eye closes.
  const double inner = -side * kEyeHalfWidth;
  const double outer = side * kEyeHalfWidth;
  const double top = 6 - 14.5 * lid;
  cairo_move_to(cr, inner, 2.5);
  cairo_curve_to(cr, inner * 0.45, top, outer * 0.35, top - 1, outer, -0.5);
  cairo_curve_to(cr, outer * 0.5, 7, inner * 0.4, 7.5, inner, 2.5);
  cairo_close_path(cr);
}

void draw_eyeball(cairo_t* cr, const Look& look, const HeadPose& pose) {
  const Point iris{3.6 * pose.gaze, 0.2};
  cairo_rectangle(cr, -20, -14, 40, 28);
  fill(cr, {0.94, 0.92, 0.90});
  ellipse(cr, iris.x, iris.y, 7.4, 7.4);
  fill(cr, shade(look.iris, 0.55));
  ellipse(cr, iris.x, iris.y + 0.4, 6.3, 6.3);
  fill(cr, look.iris);
  soft_spot(cr, iris.x, iris.y + 3.5, 5, 3.5, shade(look.iris, 1.5), 0.6);
  ellipse(cr, iris.x, iris.y, 3.3, 3.3);
  fill(cr, {0.04, 0.03, 0.03});
  ellipse(cr, iris.x - 2.2, iris.y - 2.6, 1.5, 1.5);
  fill(cr, {1, 1, 1}, 0.95);
  soft_spot(cr, 0, -9, 20, 9, {0.15, 0.08, 0.06}, 0.6);
}

void draw_eye(cairo_t* cr, const Look& look, const HeadPose& pose, double side) {
  const double lid = 1 - pose.blink;
  const Colour line = mix(look.hair, {0.08, 0.04, 0.03}, 0.7);
  {
    const Saved saved(cr);
    eye_path(cr, side, lid);
    cairo_clip(cr);
    draw_eyeball(cr, look, pose);
  }
  const double inner = -side * kEyeHalfWidth;
  const double outer = side * kEyeHalfWidth;
  const double top = 6 - 14.5 * lid;
  cairo_move_to(cr, inner, 2.5);
  cairo_curve_to(cr, inner * 0.45, top, outer * 0.35, top - 1, outer + side * 1.5, -1);
  stroke(cr, line, look.hair_style == HairStyle::kLong ? 2.8 : 2.1, 0.92);
  cairo_move_to(cr, inner, 2.5);
  cairo_curve_to(cr, inner * 0.4, 7.5, outer * 0.5, 7, outer, -0.5);
  stroke(cr, shade(look.skin, 0.5), 1.1, 0.75);
  cairo_move_to(cr, inner * 0.95, -4);
  cairo_curve_to(cr, inner * 0.45, -12.5, outer * 0.45, -13, outer * 1.05, -5.5);
  stroke(cr, shade(look.skin, 0.55), 1.5, 0.6 * lid + 0.1);
  cairo_move_to(cr, inner * 0.8, 11);
  cairo_curve_to(cr, inner * 0.3, 14, outer * 0.4, 13.5, outer * 0.8, 9.5);
  stroke(cr, shade(look.skin, 0.6), 1.4, 0.3);
}

void upper_lip_path(cairo_t* cr, const MouthOutline& m) {
  const double w = m.half_width;
  const double inner = -0.6 * m.raise;  // upper edge of the opening
  cairo_move_to(cr, -w, 0);
  const double bow = -9 * m.fullness - m.raise;
  const double dip = -7.2 * m.fullness - m.raise;
  const double flank = -5 * m.fullness - m.raise;
  cairo_curve_to(cr, -w * 0.6, flank, -w * 0.3, bow - 0.5, -w * 0.13, bow);
  cairo_curve_to(cr, -w * 0.05, dip, w * 0.05, dip, w * 0.13, bow);
  cairo_curve_to(cr, w * 0.3, bow - 0.5, w * 0.6, flank, w, 0);
  cairo_curve_to(cr, w * 0.5, inner + 0.3, w * 0.2, inner + 1.2, 0, inner + 1.2);
  cairo_curve_to(cr, -w * 0.2, inner + 1.2, -w * 0.5, inner + 0.3, -w, 0);
  cairo_close_path(cr);
}

void lower_lip_path(cairo_t* cr, const MouthOutline& m) {
  const double w = m.half_width;
  const double inner = 1 + m.drop;  // lower edge of the opening
  const double outer = inner + 10.5 * m.fullness - 0.08 * m.drop;
  cairo_move_to(cr, -w, 0);
  cairo_curve_to(cr, -w * 0.8, inner * 0.9, -w * 0.4, inner, 0, inner);
  cairo_curve_to(cr, w * 0.4, inner, w * 0.8, inner * 0.9, w, 0);
  cairo_curve_to(cr, w * 0.86, outer * 0.75, w * 0.45, outer, 0, outer);
  cairo_curve_to(cr, -w * 0.45, outer, -w * 0.86, outer * 0.75, -w, 0);
  cairo_close_path(cr);
}

void draw_cavity(cairo_t* cr, const MouthOutline& m, const MouthShape& mouth) {
  const Saved saved(cr);
  const double w = m.half_width * 0.94;
  const double top = -0.6 * m.raise;
  const double bottom = 1.5 + m.drop;
  cairo_move_to(cr, -w, 0);
  cairo_curve_to(cr, -w * 0.5, top, w * 0.5, top, w, 0);
  cairo_curve_to(cr, w * 0.8, bottom, w * 0.4, bottom + 1, 0, bottom + 1);
  cairo_curve_to(cr, -w * 0.4, bottom + 1, -w * 0.8, bottom, -w, 0);
  cairo_close_path(cr);
  cairo_clip(cr);
  cairo_rectangle(cr, -w, top - 4, 2 * w, bottom - top + 10);
  fill_vertical(cr, top, {0.16, 0.04, 0.05}, bottom + 2, {0.30, 0.08, 0.09});
  ellipse(cr, 0, bottom + 4 - 9 * mouth.tongue * mouth.open, w * 0.62, 5 + 6 * mouth.open);
  fill(cr, {0.70, 0.32, 0.33}, 0.9);
  if (mouth.teeth > 0.02) {
    const double height = top + 1.5 + 4.5 * mouth.teeth;
    cairo_rectangle(cr, -w * 0.74, top - 3, w * 1.48, height - top + 3);
    fill_vertical(cr, top - 2, {0.72, 0.67, 0.62}, height, {0.88, 0.86, 0.81});
    for (const double x : {-0.52, -0.34, -0.17, 0.0, 0.17, 0.34, 0.52}) {
      cairo_move_to(cr, w * x, top);
      cairo_line_to(cr, w * x, height);
      stroke(cr, {0.55, 0.48, 0.44}, 0.6, 0.5);
    }
  }
  soft_spot(cr, -w, 1, w * 0.5, 9, {0.1, 0.02, 0.02}, 0.8);
  soft_spot(cr, w, 1, w * 0.5, 9, {0.1, 0.02, 0.02}, 0.8);
}

}  // namespace

void draw_eyes(cairo_t* cr, const Look& look, const HeadPose& pose) {
  for (const double side : {-1.0, 1.0}) {
    const Saved saved(cr);
    const Point shift = slide(pose, 0.75);
    cairo_translate(cr, side * kEyeX + shift.x, kEyeY + shift.y);
    draw_eye(cr, look, pose, side);
  }
}

void draw_brows(cairo_t* cr, const Look& look, const HeadPose& pose) {
  const double thick = look.brow_height;
  const Point shift = slide(pose, 0.8);
  const double y = kEyeY - 21 + shift.y - 3.5 * pose.brows;
  const Colour colour = mix(look.hair, look.skin, 0.12);
  for (const double side : {-1.0, 1.0}) {
    const double inner = side * (kEyeX - 17) + shift.x;
    const double outer = side * (kEyeX + 20) + shift.x;
    const double peak = side * (kEyeX + 8) + shift.x;
    cairo_move_to(cr, inner, y + 3 + thick / 2);
    cairo_curve_to(cr, inner + side * 8, y - 2 + thick / 2, peak - side * 4, y - 5 + thick / 2,
                   outer, y + 5);
    cairo_curve_to(cr, peak, y - 7 - thick / 2, inner + side * 8, y - 3 - thick / 2, inner,
                   y + 2 - thick / 3);
    cairo_close_path(cr);
    fill(cr, colour, 0.88);
  }
}

void draw_nose(cairo_t* cr, const Look& look, const HeadPose& pose) {
  const Saved saved(cr);
  const Point shift = slide(pose, 1.4);
  cairo_translate(cr, shift.x, kNoseY + shift.y);
  const Colour dark = mix(shade(look.skin, 0.5), {0.5, 0.15, 0.1}, 0.3);
  const Colour light = shade(look.skin, 1.6);
  soft_spot(cr, 9, -22, 8, 30, dark, 0.34);
  soft_spot(cr, -11, -24, 6, 26, dark, 0.18);
  soft_spot(cr, -1, -20, 6, 30, light, 0.42);
  soft_spot(cr, 0, 9, 21, 9, dark, 0.55);
  soft_spot(cr, 14, 1, 10, 11, dark, 0.42);
  soft_spot(cr, -15, 3, 7, 9, dark, 0.28);
  soft_spot(cr, -2, -2, 9, 8, light, 0.6);
  for (const double side : {-1.0, 1.0}) {
    ellipse(cr, side * 7.2, 7.2, 4.0, 2.3);
    fill(cr, shade(dark, 0.45), 0.85);
    cairo_move_to(cr, side * 13, -4);
    cairo_curve_to(cr, side * 17.5, 2, side * 16, 8, side * 10.5, 8);
    stroke(cr, dark, 1.6, 0.6);
  }
}

void draw_mouth(cairo_t* cr, const Look& look, const HeadPose& pose, const MouthShape& mouth) {
  const Saved saved(cr);
  const MouthOutline m = outline_of(look, pose, mouth);
  cairo_translate(cr, m.centre.x, m.centre.y);
  const Colour dark = mix(shade(look.skin, 0.5), {0.4, 0.1, 0.1}, 0.3);
  soft_spot(cr, 0, 17 + m.drop, 24, 8, dark, 0.5);
  soft_spot(cr, 0, -16, 7, 9, dark, 0.2);
  if (mouth.open > 0.01) draw_cavity(cr, m, mouth);
  upper_lip_path(cr, m);
  fill_vertical(cr, -10 - m.raise, shade(look.lips, 0.98), 2, shade(look.lips, 0.72));
  lower_lip_path(cr, m);
  fill_vertical(cr, m.drop, shade(look.lips, 0.92), m.drop + 12, shade(look.lips, 1.08));
  soft_spot(cr, -4, m.drop + 6, m.half_width * 0.5, 3.5, {1, 0.85, 0.82}, 0.4);
  if (mouth.open < 0.12) {
    cairo_move_to(cr, -m.half_width, 0);
    cairo_curve_to(cr, -m.half_width * 0.4, 1.6, m.half_width * 0.4, 1.6, m.half_width, 0);
    stroke(cr, {0.30, 0.10, 0.10}, 1.8, 0.85);
  }
  for (const double side : {-1.0, 1.0}) {
    soft_spot(cr, side * (m.half_width + 1), 0.5, 6, 5, dark, 0.55);
  }
}

std::array<Point, 5> landmarks_of(const Look& look, const HeadPose& pose, const MouthShape& mouth) {
  const Point eye = slide(pose, 0.75);
  const Point nose = slide(pose, 1.4);
  const MouthOutline m = outline_of(look, pose, mouth);
  return {Point{-kEyeX + eye.x, kEyeY + eye.y}, Point{kEyeX + eye.x, kEyeY + eye.y},
          Point{nose.x, kNoseY + nose.y}, Point{m.centre.x - m.half_width, m.centre.y},
          Point{m.centre.x + m.half_width, m.centre.y}};
}

}  // namespace attune::scene
