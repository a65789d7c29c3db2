#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `shot_detector`: finds cuts between camera views in the pictures of the token grid.
/// Holds seven thumbnails; a cut is known two ticks (80 ms) after it.
pipeline::NodeType shot_detector_type();

}  // namespace attune::nodes
