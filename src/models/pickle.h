#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "models/weights.h"

namespace attune::models {

/// A tensor as a PyTorch checkpoint's pickle describes it: a window into a storage that lies in a
/// file of its own.
struct PickledTensor {
  std::string storage;
  DataType type = DataType::kFloat32;
  /// Elements of the storage.
  std::int64_t storage_size = 0;
  /// In elements.
  std::int64_t offset = 0;
  tensor::Shape shape;
  tensor::Shape strides;
};

/// Reads a pickled dictionary of names to tensors (values that are no tensors are left out).
///
/// Nothing is executed: only the opcodes that such a dictionary needs are known, and the only names
/// that may be "called" are _rebuild_tensor_v2, _rebuild_parameter and OrderedDict, which are
/// recognised and turned into data. Anything else is an Error(kModel) that names it.
std::map<std::string, PickledTensor> read_pickled_tensors(std::span<const std::byte> pickle);

}  // namespace attune::models
