#pragma once

#include "models/weights.h"

namespace attune::models {

bool looks_like_zip(std::span<const std::byte> bytes);

/// Reads a PyTorch zip checkpoint (torch.save since 1.6) that holds a dictionary of tensors:
/// `<root>/data.pkl` (pickle.h) and one `<root>/data/<key>` for each storage.
/// Throws Error(kModel), without the file's name, when it is damaged or holds anything else.
WeightContent read_torch_zip(std::span<const std::byte> bytes);

}  // namespace attune::models
