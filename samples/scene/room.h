#pragma once

#include "samples/scene/canvas.h"

namespace attune::scene {

/// Draws the wall and what stands and hangs there, in pixels of a 1280x720 picture and far beyond
/// its edges, so that pictures of any shape are filled.
void draw_room(cairo_t* cr);

}  // namespace attune::scene
