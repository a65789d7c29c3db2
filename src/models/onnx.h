#pragma once

#include "models/weights.h"

namespace attune::models {

/// An ONNX model begins with its ir_version, field 1.
bool looks_like_onnx(std::span<const std::byte> bytes);

/// Initialisers and nodes of an ONNX model, walked on the protocol buffer's wire format; the arrays
/// stay where they are. Throws Error(kModel), without the file's name, when it is damaged, keeps
/// data in another file, or holds an element type that is not supported.
WeightContent read_onnx(std::span<const std::byte> bytes);

}  // namespace attune::models
