#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `result_writer`: collects what the graph found and writes the result files, whole or not at all.
/// Holds the result.
pipeline::NodeType result_writer_type();

}  // namespace attune::nodes
