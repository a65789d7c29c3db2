#include "samples/scene/face.h"
#include "samples/scene/features.h"

namespace attune::scene {
namespace {

/// Strands that follow the outline: thin strokes, alternately lighter and darker.
void strand(cairo_t* cr, const Look& look, int index, double width) {
  stroke(cr, index % 2 == 0 ? shade(look.hair, 1.16) : shade(look.hair, 0.6), width, 0.4);
}

void long_back_path(cairo_t* cr) {
  cairo_move_to(cr, 0, -116);
  cairo_curve_to(cr, 62, -118, 92, -78, 92, -22);
  cairo_curve_to(cr, 93, 40, 108, 96, 98, 176);
  cairo_curve_to(cr, 70, 196, 40, 190, 20, 176);
  cairo_line_to(cr, -20, 176);
  cairo_curve_to(cr, -40, 190, -70, 196, -98, 176);
  cairo_curve_to(cr, -108, 96, -93, 40, -92, -22);
  cairo_curve_to(cr, -92, -78, -62, -118, 0, -116);
  cairo_close_path(cr);
}

/// One side of a parting slightly left of the middle, swept over the temple behind the ear.
void long_front_path(cairo_t* cr, double side) {
  const double parting = -14;
  cairo_move_to(cr, parting, -117);
  cairo_curve_to(cr, side * 58, -122, side * 92, -80, side * 90, -24);
  cairo_curve_to(cr, side * 92, 30, side * 108, 86, side * 100, 150);
  cairo_curve_to(cr, side * 98, 190, side * 92, 214, side * 76, 226);
  cairo_curve_to(cr, side * 62, 224, side * 60, 196, side * 64, 160);
  cairo_curve_to(cr, side * 74, 96, side * 58, 60, side * 61, 2);
  cairo_curve_to(cr, side * 64, -34, side * 50, -66, parting, -86);
  cairo_close_path(cr);
}

void short_path(cairo_t* cr) {
  cairo_move_to(cr, -73, -4);
  cairo_curve_to(cr, -86, -70, -64, -122, -6, -120);
  cairo_curve_to(cr, 60, -124, 86, -74, 73, -4);
  cairo_curve_to(cr, 70, -22, 66, -34, 63, -48);
  cairo_curve_to(cr, 50, -62, 30, -70, 14, -70);
  cairo_curve_to(cr, -14, -68, -40, -74, -50, -82);
  cairo_curve_to(cr, -58, -64, -66, -36, -73, -4);
  cairo_close_path(cr);
}

void draw_long_front(cairo_t* cr, const Look& look) {
  for (const double side : {1.0, -1.0}) {
    const Bounds bounds = side < 0 ? Bounds{-106, -122, 12, 230} : Bounds{-16, -122, 106, 230};
    fill_with(
        cr, bounds, [&] { long_front_path(cr, side); },
        [&] {
          cairo_rectangle(cr, -130, -130, 260, 370);
          fill_vertical(cr, -118, shade(look.hair, 1.06), 230, shade(look.hair, 0.74));
          for (int i = 0; i < 9; ++i) {
            const double u = i / 8.0;
            cairo_move_to(cr, -14 + side * 4 * u, -114 + 26 * u);
            cairo_curve_to(cr, side * (56 - 8 * u), -116 + 34 * u, side * (88 - 20 * u),
                           -70 + 16 * u, side * (88 - 20 * u), -18);
            cairo_curve_to(cr, side * (90 - 22 * u), 34, side * (106 - 26 * u), 90,
                           side * (98 - 26 * u), 156);
            cairo_curve_to(cr, side * (96 - 28 * u), 186, side * (90 - 20 * u), 206,
                           side * (80 - 10 * u), 224);
            strand(cr, look, i, 2.2);
          }
          soft_spot(cr, side * 56, -84, 34, 20, shade(look.hair, 1.4), side < 0 ? 0.55 : 0.3);
        });
  }
}

void draw_short(cairo_t* cr, const Look& look) {
  fill_with(
      cr, {-88, -124, 88, 2}, [&] { short_path(cr); },
      [&] {
        cairo_rectangle(cr, -100, -130, 200, 140);
        fill_vertical(cr, -120, shade(look.hair, 1.1), -10, shade(look.hair, 0.85));
        for (int i = 0; i < 15; ++i) {
          const double x = -62 + 9.0 * i;
          cairo_move_to(cr, x, -62 + 0.004 * x * x);
          cairo_curve_to(cr, x * 0.95 - 6, -84, x * 0.85 - 10, -104, x * 0.62 - 8, -120);
          strand(cr, look, i, 2.4);
        }
        soft_spot(cr, -26, -102, 40, 16, shade(look.hair, 1.5), 0.4);
      });
}

}  // namespace

void draw_back_hair(cairo_t* cr, const Look& look) {
  if (look.hair_style != HairStyle::kLong) return;
  long_back_path(cr);
  fill_vertical(cr, -110, shade(look.hair, 0.8), 180, shade(look.hair, 0.55));
}

void draw_hair_shadow(cairo_t* cr, const Look& look) {
  const Colour dark = mix(shade(look.skin, 0.5), {0.4, 0.12, 0.08}, 0.3);
  if (look.hair_style == HairStyle::kLong) {
    soft_spot(cr, -4, -86, 70, 22, dark, 0.5);
    soft_spot(cr, -66, -40, 16, 60, dark, 0.5);
    soft_spot(cr, 66, -40, 18, 60, dark, 0.6);
  } else {
    soft_spot(cr, 0, -72, 78, 16, dark, 0.55);
  }
}

void draw_front_hair(cairo_t* cr, const Look& look) {
  if (look.hair_style == HairStyle::kLong) {
    draw_long_front(cr, look);
  } else {
    draw_short(cr, look);
  }
}

}  // namespace attune::scene
