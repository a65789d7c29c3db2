#pragma once

#include <string>
#include <vector>

#include "batch/batch_folder.h"
#include "batch/batch_options.h"
#include "batch/item.h"
#include "batch/record.h"

namespace attune::batch {

/// What earlier runs left to do.
struct WorkLeft {
  std::vector<Item> to_do;
  /// Done before and unchanged.
  std::vector<Record> done;
  /// Failed before, unchanged, and not to be tried again by itself.
  std::vector<Record> failed;
};

/// Compares the items with the records in the folder: an item is done when its record says so, its
/// settings are the same, its result files are there, and the input has the size and time of change
/// that it had, or the same content. Order is kept. Reads nothing but records where sizes and times
/// agree.
WorkLeft work_left(const std::vector<Item>& items, const BatchFolder& folder,
                   const BatchOptions& options);

}  // namespace attune::batch
