#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/time.h"
#include "pipeline/config.h"
#include "pipeline/graph.h"
#include "pipeline/split.h"

namespace attune::nodes {

/// Into how many parts of about `length` a recording is divided; 1: it is not, for it is hardly
/// longer, of unknown length, or cannot be read from its middle.
int part_count(const std::string& input, Duration length);

/// The local nodes of the pipeline on one of equally long parts, or nearly: they end at seams
/// (find_seam). Writes STEM.part. Throws as pipeline::split,
/// find_seam and pipeline::run do.
pipeline::RunResult run_part(const pipeline::Config& config, const std::string& input,
                             const pipeline::PartNumber& part, OutputFiles* outputs,
                             pipeline::RunOptions options);

/// The rest of the pipeline on all parts, in order: the results of the recording.
pipeline::RunResult run_joined(const pipeline::Config& config, const std::string& input,
                               const std::vector<std::filesystem::path>& parts,
                               OutputFiles* outputs, const pipeline::RunOptions& options);

}  // namespace attune::nodes
