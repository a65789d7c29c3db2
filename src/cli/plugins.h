#pragma once

#include <filesystem>

#include "pipeline/node_type.h"

namespace attune::cli {

/// Loads a shared library that defines
///
///     extern "C" void attune_register_nodes(attune::pipeline::NodeRegistry& registry);
///
/// and calls it. The library stays loaded to the end of the program. Throws Error(kUsage) when it
/// cannot be loaded or lacks the function.
void load_plugin(const std::filesystem::path& file, pipeline::NodeRegistry& registry);

}  // namespace attune::cli
