#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `demuxer`: opens the input with FFmpeg and reads its packets, on a thread of its own.
/// Holds one packet.
pipeline::NodeType demuxer_type();

}  // namespace attune::nodes
