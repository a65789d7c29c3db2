#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace attune::models {

/// Writes what a http, https or file URL serves to `destination`, which is overwritten. Stops when
/// more than `largest_bytes` come. Throws Error(kModel) naming the URL when it cannot be fetched,
/// Error(kOutput) when the file cannot be written.
void download(const std::string& url, const std::filesystem::path& destination,
              std::uint64_t largest_bytes);

}  // namespace attune::models
