#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `face_looks`: what the people of all tracks look like. Holds one window of tracks.
pipeline::NodeType face_looks_type();

}  // namespace attune::nodes
