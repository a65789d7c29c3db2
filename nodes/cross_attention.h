#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `cross_attention`: the sound asks the faces who made it. Holds the tokens within reach of the
/// attention window of every visible track.
pipeline::NodeType cross_attention_type();

}  // namespace attune::nodes
