#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `speech_stretches`: cuts the sound into stretches of speech, so that silence is never
/// transcribed. Holds the sound of the open stretch, at most half a minute.
pipeline::NodeType speech_stretches_type();

}  // namespace attune::nodes
