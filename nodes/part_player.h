#pragma once

#include <filesystem>
#include <vector>

#include "pipeline/node_type.h"
#include "pipeline/split.h"

namespace attune::nodes {

/// A source for the rest of a split pipeline: gives what the local nodes found in the parts of a
/// recording, as they would have given it for the whole. Not for YAML. Holds one packet, and the
/// boxes of three seconds. Throws Error(kInput) when the files are not the parts of one recording.
pipeline::NodeType part_player_type(const pipeline::Config& config, const pipeline::Split& split,
                                    std::vector<std::filesystem::path> parts);

}  // namespace attune::nodes
