#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `aligner`: the sound asks the faces who made it. Holds the tokens within reach of the
/// attention window of every visible track.
pipeline::NodeType aligner_type();

}  // namespace attune::nodes
