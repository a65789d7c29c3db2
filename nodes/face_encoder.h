#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `face_encoder`: turns the mouth crops of each track into tokens, the keys of the alignment.
/// Holds a few crops of each track as context; 160 ms of latency.
pipeline::NodeType face_encoder_type();

}  // namespace attune::nodes
