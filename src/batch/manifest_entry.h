#pragma once

#include <filesystem>
#include <string>

#include "batch/item.h"

namespace attune::batch {

/// Reads one entry of a manifest that is a JSON object (see manifest.h). The input is as written.
/// Throws Error(kInput) that says what is wrong and what to do.
Item parse_manifest_object(const std::string& text);

/// The entry as one line of JSON without line end. `input` is written as it stands.
std::string to_manifest_object(const Item& item, const std::string& input);

}  // namespace attune::batch
