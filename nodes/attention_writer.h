#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `attention_writer`: where an attention looked, as tables and as a heat map. Holds the map of the
/// whole recording.
pipeline::NodeType attention_writer_type();

}  // namespace attune::nodes
