#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `caption_cues`: gives words to their speakers and lays them out as cues. Holds words, segments
/// and alignment until the end of the stream.
pipeline::NodeType caption_cues_type();

}  // namespace attune::nodes
