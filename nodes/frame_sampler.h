#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `frame_sampler`: places pictures of any frame rate on the token grid, gray and reduced, with a
/// coloured copy for the face detector every few ticks. Holds one picture.
pipeline::NodeType frame_sampler_type();

}  // namespace attune::nodes
