#pragma once

#include <array>

#include "samples/scene/person.h"

namespace attune::scene {

// The features of a face, drawn in head coordinates (see enter_head).

void draw_eyes(cairo_t* cr, const Look& look, const HeadPose& pose);
void draw_brows(cairo_t* cr, const Look& look, const HeadPose& pose);
void draw_nose(cairo_t* cr, const Look& look, const HeadPose& pose);
void draw_mouth(cairo_t* cr, const Look& look, const HeadPose& pose, const MouthShape& mouth);
void draw_front_hair(cairo_t* cr, const Look& look);
/// The shadow that the hair in front throws on the forehead.
void draw_hair_shadow(cairo_t* cr, const Look& look);

/// Where the features lie: right eye (on the left of the picture), left eye, nose tip, right mouth
/// corner, left mouth corner.
std::array<Point, 5> landmarks_of(const Look& look, const HeadPose& pose, const MouthShape& mouth);

}  // namespace attune::scene
