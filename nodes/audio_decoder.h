#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `audio_decoder`: packets to 16 kHz mono sound without gaps. Holds one chunk; 100 ms of latency.
pipeline::NodeType audio_decoder_type();

}  // namespace attune::nodes
