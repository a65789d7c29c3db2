#pragma once

#include "models/weights.h"

namespace attune::models {

/// Length of a JSON header (8 bytes, little-endian), then an opening brace.
bool looks_like_safetensors(std::span<const std::byte> bytes);

/// Reads the header; the arrays stay where they are. Format: 8 bytes header length n, n bytes of
/// JSON {name: {dtype, shape, data_offsets}, "__metadata__": {..}}, then the data.
/// Throws Error(kModel), without the file's name, when anything does not fit.
WeightContent read_safetensors(std::span<const std::byte> bytes);

}  // namespace attune::models
