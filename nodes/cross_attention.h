#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `cross_attention`: one sequence of tokens asks others. Holds the tokens within the window of the
/// queries that wait, or with the kernels exact, tiled and compressed those of the whole recording.
pipeline::NodeType cross_attention_type();

}  // namespace attune::nodes
