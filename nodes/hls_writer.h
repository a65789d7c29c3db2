#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `hls_writer`: the recording or feed as HLS, with its captions as subtitles
/// (live/hls_output.h). Holds a few packets; segments are on disk.
pipeline::NodeType hls_writer_type();

}  // namespace attune::nodes
