#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `picture_encoder`: some pictures as JPEG, for people who watch a live feed. Holds one picture.
pipeline::NodeType picture_encoder_type();

}  // namespace attune::nodes
