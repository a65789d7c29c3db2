#pragma once

#include "samples/scene/person.h"

namespace attune::scene {

/// Moves the drawing into the coordinates of the head: origin between eyes and nose, y downwards.
void enter_head(cairo_t* cr, const HeadPose& pose);

/// The hair behind the shoulders, which keeps still: in the coordinates of a head at rest.
void draw_back_hair(cairo_t* cr, const Look& look);

/// Ears, face, eyes, brows, nose, mouth and the hair in front.
void draw_head(cairo_t* cr, const Look& look, const HeadPose& pose, const MouthShape& mouth);

}  // namespace attune::scene
