#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `video_decoder`: packets to pictures with increasing times. Holds the codec's reference
/// pictures; one frame of latency beyond the codec's own.
pipeline::NodeType video_decoder_type();

}  // namespace attune::nodes
