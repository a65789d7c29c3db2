#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `speech_segments`: turns speaking logits into segments of speech, on screen and off.
/// Holds the open segments; a segment comes out when its pause is long enough.
pipeline::NodeType speech_segments_type();

}  // namespace attune::nodes
