#pragma once

#include <filesystem>
#include <string>

namespace attune::bench {

/// Writes a model of the ggml format in float16 with the sizes of `name` (tiny, base, small or
/// medium, with .en or without) and random weights: time does not depend on their values. The mel
/// filters are the true ones, the vocabulary is made up.
/// Throws Error(kUsage) for another name and Error(kOutput) where it cannot be written.
void write_random_model(const std::string& name, const std::filesystem::path& path);

}  // namespace attune::bench
