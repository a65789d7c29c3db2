#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `audio_encoder`: turns sound into tokens, the queries of the alignment, and says where there is
/// speech. Holds half a second of sound, which is also its latency.
pipeline::NodeType audio_encoder_type();

}  // namespace attune::nodes
