#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `live_cues`: gives words to their speakers and lays them out as cues while the feed goes on.
/// Holds the alignment of the last minute.
pipeline::NodeType live_cues_type();

}  // namespace attune::nodes
