#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// Adds every node type of attune to the registry.
void register_all(pipeline::NodeRegistry& registry);

}  // namespace attune::nodes
