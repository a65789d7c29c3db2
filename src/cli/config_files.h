#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace attune::cli {

/// Folders with the pipelines that ship, in order: $ATTUNE_CONFIGS, share/attune/configs beside the
/// program, where attune was configured to be installed, the source tree.
std::vector<std::filesystem::path> config_folders();

/// The file of a pipeline: a path, or the name of one that ships ("caption").
/// Throws Error(kConfig) with the nearest name when there is none.
std::filesystem::path find_config(
    const std::string& name_or_path,
    const std::vector<std::filesystem::path>& folders = config_folders());

}  // namespace attune::cli
