#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `monitor`: what the alignment says, picture by picture, for people who watch a live feed. Holds
/// the pictures, faces and scores of about two seconds.
pipeline::NodeType monitor_type();

}  // namespace attune::nodes
