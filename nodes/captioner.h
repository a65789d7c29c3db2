#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `captioner`: turns stretches of speech into words with times.
/// Several stretches at once, one captioner for each; stateless between stretches.
pipeline::NodeType captioner_type();

}  // namespace attune::nodes
