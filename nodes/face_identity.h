#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `face_identity`: joins the tracks of one person across cuts by how the person looks.
/// Holds one window of tracks and an appearance for each person; one window of latency.
pipeline::NodeType face_identity_type();

}  // namespace attune::nodes
