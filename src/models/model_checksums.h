#pragma once

#include <filesystem>
#include <string>

#include "models/model_catalogue.h"

namespace attune::models {

/// Whether the catalogue knows what the file's content must be.
bool has_checksum(const ModelInfo& info);

/// SHA-256 of a weight file. Throws Error(kModel) when it cannot be read.
std::string sha256_of(const std::filesystem::path& path);

/// The SHA-256 that `folder`/SHA256SUMS states for a file in it; empty for none.
std::string listed_checksum(const std::filesystem::path& folder, const std::string& file);

/// Adds a line to `folder`/SHA256SUMS, in place of an earlier one for the same file. Throws
/// Error(kOutput) when it cannot be written.
void record_checksum(const std::filesystem::path& folder, const std::string& file,
                     const std::string& sha256);

/// How a file differs from what the catalogue, or else a recorded SHA-256 (empty for none), says of
/// it; empty when it does not. `sha256` is the file's own.
std::string difference(const ModelInfo& info, const std::string& recorded,
                       const std::filesystem::path& path, const std::string& sha256);

}  // namespace attune::models
