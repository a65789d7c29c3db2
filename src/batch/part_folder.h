#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "batch/batch_folder.h"
#include "pipeline/split.h"

namespace attune::batch {

using pipeline::PartNumber;

/// Parts of one recording that are done, until its results are:
///
///     OUT/.attune/parts/show/ep1.mp4/KEY/3-of-12.part
///
/// KEY stands for all that a part depends on. A part is there whole or not at all. Throws
/// Error(kOutput) where the folder cannot be written.
class PartFolder {
 public:
  /// Looks at nothing yet.
  PartFolder(const BatchFolder& folder, const std::filesystem::path& item_output,
             const std::string& key);

  /// How many parts the recording has, where an earlier run left some.
  std::optional<int> count() const;
  std::filesystem::path file(const PartNumber& part) const;
  bool has(const PartNumber& part) const;

  /// Puts the one file of `work` in place; parts with another key are removed.
  void publish(const std::filesystem::path& work, const PartNumber& part) const;
  /// Removes all parts of the recording, whatever their key.
  void remove() const;

 private:
  std::filesystem::path root_;
  std::filesystem::path item_;
  std::filesystem::path keyed_;
};

}  // namespace attune::batch
