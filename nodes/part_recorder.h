#pragma once

#include "nodes/part_file.h"
#include "pipeline/node_type.h"
#include "pipeline/split.h"

namespace attune::nodes {

/// How long before and after a part what is found is kept with it, so that what goes on over a seam
/// can be joined.
inline constexpr Duration kPartOverlap = std::chrono::seconds(2);

/// A sink for the stored outputs of a split pipeline: writes one part, with the overlap, as
/// STEM.part. Not for YAML. Holds one packet.
pipeline::NodeType part_recorder_type(const pipeline::Split& split, PartDescription description);

}  // namespace attune::nodes
