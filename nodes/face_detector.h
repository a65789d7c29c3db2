#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `face_detector`: finds faces and their landmarks in the pictures that are meant for it.
/// Stateless; several pictures at once.
pipeline::NodeType face_detector_type();

}  // namespace attune::nodes
