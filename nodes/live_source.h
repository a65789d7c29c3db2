#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `live_source`: a feed from the network, a device, a pipe or a growing file, connected to again
/// when it is lost. Holds the packets that nobody has taken yet, within bounds.
pipeline::NodeType live_source_type();

}  // namespace attune::nodes
