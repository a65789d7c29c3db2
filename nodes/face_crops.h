#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `face_crops`: cuts the mouths of all tracks out of the pictures, as the face encoder wants them.
/// Holds one window of crops; the pictures wait in the graph until their tracks are known.
pipeline::NodeType face_crops_type();

}  // namespace attune::nodes
