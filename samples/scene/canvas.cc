#include "samples/scene/canvas.h"

#include <algorithm>
#include <numbers>

namespace attune::scene {

Colour mix(const Colour& a, const Colour& b, double amount) {
  return {a.red + (b.red - a.red) * amount, a.green + (b.green - a.green) * amount,
          a.blue + (b.blue - a.blue) * amount};
}

Colour shade(const Colour& colour, double factor) {
  if (factor > 1) return mix(colour, {1, 1, 1}, std::min(1.0, factor - 1));
  return {colour.red * factor, colour.green * factor, colour.blue * factor};
}

void set_colour(cairo_t* cr, const Colour& colour, double alpha) {
  cairo_set_source_rgba(cr, colour.red, colour.green, colour.blue, alpha);
}

void fill(cairo_t* cr, const Colour& colour, double alpha) {
  set_colour(cr, colour, alpha);
  cairo_fill(cr);
}

void stroke(cairo_t* cr, const Colour& colour, double width, double alpha) {
  set_colour(cr, colour, alpha);
  cairo_set_line_width(cr, width);
  cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
  cairo_stroke(cr);
}

void fill_vertical(cairo_t* cr, double y0, const Colour& top, double y1, const Colour& bottom) {
  const Pattern pattern(cairo_pattern_create_linear(0, y0, 0, y1));
  cairo_pattern_add_color_stop_rgb(pattern.get(), 0, top.red, top.green, top.blue);
  cairo_pattern_add_color_stop_rgb(pattern.get(), 1, bottom.red, bottom.green, bottom.blue);
  cairo_set_source(cr, pattern.get());
  cairo_fill(cr);
}

void ellipse(cairo_t* cr, double x, double y, double radius_x, double radius_y) {
  const Saved saved(cr);
  cairo_translate(cr, x, y);
  cairo_scale(cr, radius_x, radius_y);
  cairo_new_sub_path(cr);
  cairo_arc(cr, 0, 0, 1, 0, 2 * std::numbers::pi);
}

void soft_spot(cairo_t* cr, double x, double y, double radius_x, double radius_y,
               const Colour& colour, double alpha) {
  const Saved saved(cr);
  cairo_translate(cr, x, y);
  cairo_scale(cr, radius_x, radius_y);
  const Pattern pattern(cairo_pattern_create_radial(0, 0, 0, 0, 0, 1));
  // Stops along a bell: a straight ramp shows its edge.
  constexpr double kStops[][2] = {{0, 1}, {0.25, 0.85}, {0.5, 0.5}, {0.75, 0.15}, {1, 0}};
  for (const auto& [offset, weight] : kStops) {
    cairo_pattern_add_color_stop_rgba(pattern.get(), offset, colour.red, colour.green, colour.blue,
                                      alpha * weight);
  }
  cairo_set_source(cr, pattern.get());
  cairo_rectangle(cr, -1, -1, 2, 2);
  cairo_fill(cr);
}

void fill_with(cairo_t* cr, const Bounds& bounds, const std::function<void()>& path,
               const std::function<void()>& paint) {
  const Saved saved(cr);
  cairo_rectangle(cr, bounds.left, bounds.top, bounds.right - bounds.left,
                  bounds.bottom - bounds.top);
  cairo_clip(cr);
  cairo_push_group_with_content(cr, CAIRO_CONTENT_COLOR);
  paint();
  cairo_pop_group_to_source(cr);
  path();
  cairo_fill(cr);
}

}  // namespace attune::scene
