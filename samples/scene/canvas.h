#pragma once

#include <cairo.h>

#include <functional>
#include <memory>

namespace attune::scene {

struct Colour {
  double red = 0;
  double green = 0;
  double blue = 0;
};

/// `amount` of b in a.
Colour mix(const Colour& a, const Colour& b, double amount);
/// Darker (factor < 1) or lighter towards white (factor > 1).
Colour shade(const Colour& colour, double factor);

struct ReleaseCairo {
  void operator()(cairo_t* context) const { cairo_destroy(context); }
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_pattern_t* pattern) const { cairo_pattern_destroy(pattern); }
};
using Context = std::unique_ptr<cairo_t, ReleaseCairo>;
using Surface = std::unique_ptr<cairo_surface_t, ReleaseCairo>;
using Pattern = std::unique_ptr<cairo_pattern_t, ReleaseCairo>;

/// Saves the drawing state, and restores it at the end of the scope.
class Saved {
 public:
  explicit Saved(cairo_t* cr) : cr_(cr) { cairo_save(cr_); }
  ~Saved() { cairo_restore(cr_); }
  Saved(const Saved&) = delete;
  Saved& operator=(const Saved&) = delete;

 private:
  cairo_t* cr_;
};

void set_colour(cairo_t* cr, const Colour& colour, double alpha = 1);
void fill(cairo_t* cr, const Colour& colour, double alpha = 1);
void stroke(cairo_t* cr, const Colour& colour, double width, double alpha = 1);
/// Fills the path from `top` at y0 to `bottom` at y1.
void fill_vertical(cairo_t* cr, double y0, const Colour& top, double y1, const Colour& bottom);
void ellipse(cairo_t* cr, double x, double y, double radius_x, double radius_y);
/// Light or shadow: `colour` at the centre, fading to nothing at the radii.
void soft_spot(cairo_t* cr, double x, double y, double radius_x, double radius_y,
               const Colour& colour, double alpha);

struct Bounds {
  double left, top, right, bottom;
};

/// Fills `path` with what `paint` draws. `bounds` holds the path. Painted apart and cut out once:
/// as a clip, the path would be applied to every stroke, which takes three times as long.
void fill_with(cairo_t* cr, const Bounds& bounds, const std::function<void()>& path,
               const std::function<void()>& paint);

}  // namespace attune::scene
