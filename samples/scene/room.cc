#include "samples/scene/room.h"

#include <array>

namespace attune::scene {
namespace {

void draw_wall(cairo_t* cr) {
  cairo_rectangle(cr, -3000, -3000, 8000, 8000);
  fill_vertical(cr, 0, {0.80, 0.78, 0.73}, 720, {0.66, 0.63, 0.58});
  soft_spot(cr, 200, 80, 760, 520, {1.0, 0.97, 0.88}, 0.4);
  soft_spot(cr, 1300, 640, 700, 520, {0.35, 0.32, 0.30}, 0.28);
}

void draw_window(cairo_t* cr) {
  cairo_rectangle(cr, 24, 40, 190, 270);
  fill(cr, {0.93, 0.92, 0.89});
  cairo_rectangle(cr, 36, 52, 166, 246);
  fill_vertical(cr, 52, {0.56, 0.74, 0.90}, 298, {0.86, 0.92, 0.93});
  soft_spot(cr, 90, 120, 60, 20, {1, 1, 1}, 0.8);
  soft_spot(cr, 160, 160, 50, 14, {1, 1, 1}, 0.6);
  cairo_move_to(cr, 36, 298);
  cairo_curve_to(cr, 80, 230, 130, 262, 202, 236);
  cairo_line_to(cr, 202, 298);
  cairo_close_path(cr);
  fill_vertical(cr, 236, {0.48, 0.62, 0.42}, 298, {0.36, 0.50, 0.33});
  cairo_rectangle(cr, 114, 52, 9, 246);
  cairo_rectangle(cr, 36, 166, 166, 8);
  fill(cr, {0.93, 0.92, 0.89});
  cairo_rectangle(cr, 12, 308, 214, 13);
  fill_vertical(cr, 308, {0.95, 0.94, 0.91}, 321, {0.74, 0.72, 0.68});
}

void draw_painting(cairo_t* cr) {
  soft_spot(cr, 646, 196, 120, 96, {0.2, 0.18, 0.15}, 0.3);
  cairo_rectangle(cr, 562, 108, 156, 164);
  fill_vertical(cr, 108, {0.40, 0.27, 0.16}, 272, {0.28, 0.18, 0.10});
  cairo_rectangle(cr, 572, 118, 136, 144);
  fill_vertical(cr, 118, {0.95, 0.80, 0.58}, 262, {0.86, 0.55, 0.40});
  cairo_move_to(cr, 572, 214);
  cairo_line_to(cr, 612, 168);
  cairo_line_to(cr, 640, 202);
  cairo_line_to(cr, 676, 156);
  cairo_line_to(cr, 708, 204);
  cairo_line_to(cr, 708, 236);
  cairo_line_to(cr, 572, 236);
  cairo_close_path(cr);
  fill_vertical(cr, 156, {0.47, 0.42, 0.52}, 236, {0.30, 0.30, 0.42});
  cairo_rectangle(cr, 572, 232, 136, 30);
  fill_vertical(cr, 232, {0.35, 0.45, 0.52}, 262, {0.24, 0.34, 0.42});
}

void draw_shelf(cairo_t* cr) {
  constexpr std::array<Colour, 9> kSpines{{{0.55, 0.18, 0.16},
                                           {0.20, 0.33, 0.45},
                                           {0.72, 0.58, 0.30},
                                           {0.25, 0.38, 0.28},
                                           {0.62, 0.60, 0.56},
                                           {0.38, 0.24, 0.34},
                                           {0.80, 0.74, 0.62},
                                           {0.17, 0.22, 0.30},
                                           {0.60, 0.34, 0.20}}};
  constexpr std::array<double, 9> kWidths{20, 15, 24, 13, 18, 22, 14, 19, 16};
  constexpr std::array<double, 9> kHeights{92, 84, 100, 78, 95, 88, 104, 80, 90};
  double x = 1062;
  for (std::size_t i = 0; i < kSpines.size(); ++i) {
    cairo_rectangle(cr, x, 150 - kHeights[i], kWidths[i], kHeights[i]);
    fill_vertical(cr, 150 - kHeights[i], kSpines[i], 150, shade(kSpines[i], 0.7));
    cairo_rectangle(cr, x, 162 - kHeights[i], kWidths[i], 5);
    fill(cr, shade(kSpines[i], 1.35), 0.7);
    x += kWidths[i] + 1.5;
  }
  soft_spot(cr, 1150, 178, 150, 22, {0.2, 0.17, 0.14}, 0.4);
  cairo_rectangle(cr, 1036, 150, 236, 15);
  fill_vertical(cr, 150, {0.58, 0.42, 0.27}, 165, {0.40, 0.28, 0.17});
}

void draw_plant(cairo_t* cr) {
  for (int i = 0; i < 9; ++i) {
    const double lean = -84 + 21.0 * i;
    const double top = 390 + 0.010 * lean * lean;
    cairo_move_to(cr, 640, 620);
    cairo_curve_to(cr, 640 + lean * 0.3 - 12, 540, 640 + lean - 14, 470, 640 + lean, top);
    cairo_curve_to(cr, 640 + lean + 12, 480, 640 + lean * 0.4 + 14, 540, 640, 620);
    cairo_close_path(cr);
    fill_vertical(cr, 400, i % 2 == 0 ? Colour{0.34, 0.50, 0.28} : Colour{0.24, 0.40, 0.23}, 610,
                  {0.16, 0.27, 0.16});
  }
  cairo_move_to(cr, 592, 606);
  cairo_line_to(cr, 688, 606);
  cairo_line_to(cr, 676, 740);
  cairo_line_to(cr, 604, 740);
  cairo_close_path(cr);
  fill_vertical(cr, 606, {0.74, 0.44, 0.30}, 740, {0.52, 0.29, 0.19});
}

}  // namespace

void draw_room(cairo_t* cr) {
  draw_wall(cr);
  draw_window(cr);
  draw_painting(cr);
  draw_shelf(cr);
  draw_plant(cr);
}

}  // namespace attune::scene
