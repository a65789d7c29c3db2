#pragma once

#include <filesystem>
#include <string>

#include "captions/result.h"

namespace attune::cli {

/// The bytes of a file. Throws Error(kInput) that says why it cannot be read.
std::string read_bytes(const std::filesystem::path& file);

/// Captions of a file in any format that attune reads, in UTF-8 or with a byte order mark. Throws
/// Error(kInput) that names the file, and the line where it is not as its format wants.
captions::Result read_captions(const std::filesystem::path& file);

}  // namespace attune::cli
