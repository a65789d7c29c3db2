#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `face_tracker`: joins face detections into tracks that never cross a cut, on the token grid.
/// Holds the detections of the last second; gives out one window a second, about a second late.
pipeline::NodeType face_tracker_type();

}  // namespace attune::nodes
