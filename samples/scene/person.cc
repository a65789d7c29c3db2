#include "samples/scene/person.h"

#include "samples/scene/face.h"

namespace attune::scene {
namespace {

const Look kAnna{.skin = {0.93, 0.75, 0.64},
                 .hair = {0.36, 0.21, 0.13},
                 .iris = {0.30, 0.45, 0.40},
                 .lips = {0.74, 0.34, 0.34},
                 .clothes = {0.13, 0.42, 0.44},
                 .hair_style = HairStyle::kLong,
                 .jaw = 51,
                 .brow_height = 4.2};
const Look kBen{.skin = {0.86, 0.66, 0.53},
                .hair = {0.17, 0.13, 0.11},
                .iris = {0.33, 0.24, 0.16},
                .lips = {0.66, 0.41, 0.36},
                .clothes = {0.17, 0.21, 0.32},
                .hair_style = HairStyle::kShort,
                .jaw = 58,
                .lip_fullness = 0.72,
                .brow_height = 6.5,
                .beard = 0.35,
                .collar = true};

void torso_path(cairo_t* cr, double width) {
  constexpr double kBottom = 1400;  // far below the picture, for tall pictures
  cairo_move_to(cr, -width - 40, kBottom);
  cairo_curve_to(cr, -width - 36, 420, -width - 24, 226, -width + 26, 190);
  cairo_curve_to(cr, -width + 58, 168, -72, 164, -42, 132);
  cairo_line_to(cr, 42, 132);
  cairo_curve_to(cr, 72, 164, width - 58, 168, width - 26, 190);
  cairo_curve_to(cr, width + 24, 226, width + 36, 420, width + 40, kBottom);
  cairo_close_path(cr);
}

void draw_folds(cairo_t* cr, const Colour& cloth, double width) {
  for (const double side : {-1.0, 1.0}) {
    cairo_move_to(cr, side * (width - 26), 300);
    cairo_curve_to(cr, side * (width - 34), 350, side * (width - 30), 420, side * (width - 22),
                   520);
    stroke(cr, shade(cloth, 0.5), 2.5, 0.5);
    soft_spot(cr, side * (width - 34), 380, 26, 120, shade(cloth, 0.5), 0.45);
    soft_spot(cr, side * (width - 66), 205, 90, 34, shade(cloth, 1.25), side < 0 ? 0.4 : 0.25);
  }
  soft_spot(cr, 70, 330, 90, 200, shade(cloth, 0.55), 0.35);
  soft_spot(cr, 0, 178, 110, 40, shade(cloth, 0.5), 0.5);
}

void draw_collar(cairo_t* cr, const Look& look) {
  const Colour shirt{0.90, 0.92, 0.95};
  cairo_move_to(cr, -52, 128);
  cairo_line_to(cr, -30, 136);
  cairo_line_to(cr, 0, 184);
  cairo_line_to(cr, 30, 136);
  cairo_line_to(cr, 52, 128);
  cairo_line_to(cr, 40, 250);
  cairo_line_to(cr, 0, 362);
  cairo_line_to(cr, -40, 250);
  cairo_close_path(cr);
  fill_vertical(cr, 130, shade(shirt, 0.86), 300, shirt);
  for (const double side : {-1.0, 1.0}) {
    cairo_move_to(cr, side * 46, 112);
    cairo_curve_to(cr, side * 36, 146, side * 18, 168, 0, 188);
    cairo_line_to(cr, side * 32, 204);
    cairo_line_to(cr, side * 62, 140);
    cairo_close_path(cr);
    fill(cr, shade(shirt, side < 0 ? 1.3 : 0.95));
    cairo_move_to(cr, side * 64, 140);
    cairo_line_to(cr, side * 96, 178);
    cairo_line_to(cr, side * 66, 232);
    cairo_line_to(cr, 0, 372);
    cairo_line_to(cr, side * 34, 196);
    cairo_close_path(cr);
    fill(cr, shade(look.clothes, side < 0 ? 1.12 : 0.85));
  }
}

void draw_neckline(cairo_t* cr, const Look& look) {
  cairo_move_to(cr, -49, 140);
  cairo_curve_to(cr, -40, 196, 40, 196, 49, 140);
  stroke(cr, shade(look.clothes, 0.72), 9);
  cairo_move_to(cr, -51, 143);
  cairo_curve_to(cr, -42, 201, 42, 201, 51, 143);
  stroke(cr, shade(look.clothes, 1.15), 2, 0.5);
}

void draw_torso(cairo_t* cr, const Look& look) {
  const double width = look.collar ? 176 : 150;
  torso_path(cr, width);
  fill_vertical(cr, 150, shade(look.clothes, 1.1), 620, shade(look.clothes, 0.72));
  {
    const Saved saved(cr);
    torso_path(cr, width);
    cairo_clip(cr);
    draw_folds(cr, look.clothes, width);
  }
}

void draw_neck(cairo_t* cr, const Look& look, const HeadPose& pose) {
  const double width = look.hair_style == HairStyle::kLong ? 33 : 42;
  const double bottom = look.collar ? 226 : 190;
  const auto path = [&] {
    cairo_move_to(cr, -width + pose.x * 0.8, 40);
    cairo_curve_to(cr, -width + pose.x * 0.5, 90, -width, 120, -width - 14, 146);
    cairo_curve_to(cr, -20, bottom, 20, bottom, width + 14, 146);
    cairo_curve_to(cr, width, 120, width + pose.x * 0.5, 90, width + pose.x * 0.8, 40);
    cairo_close_path(cr);
  };
  path();
  fill(cr, shade(look.skin, 0.86));
  const Saved saved(cr);
  path();
  cairo_clip(cr);
  soft_spot(cr, pose.x, 88 + pose.y, 80, 46, shade(look.skin, 0.42), 0.75);
  soft_spot(cr, width, 130, 34, 60, shade(look.skin, 0.5), 0.5);
}

}  // namespace

const Look& look_of(int character) {
  return character == 0 ? kAnna : kBen;
}

void draw_body(cairo_t* cr, const Look& look) {
  draw_back_hair(cr, look);
  draw_torso(cr, look);
}

void draw_head_and_neck(cairo_t* cr, const Look& look, const HeadPose& pose,
                        const MouthShape& mouth) {
  draw_neck(cr, look, pose);
  if (look.collar) {
    draw_collar(cr, look);
  } else {
    draw_neckline(cr, look);
  }
  const Saved saved(cr);
  enter_head(cr, pose);
  draw_head(cr, look, pose, mouth);
}

}  // namespace attune::scene
