#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "batch/input_state.h"
#include "batch/part_folder.h"
#include "batch/record.h"

namespace attune::batch {

/// All that the parts of an item depend on, as a name.
std::string parts_key(const std::string& settings_hash, const std::optional<InputState>& input,
                      Duration split_length);

/// An item that is worked on in parts: which of them are done, and what they took. Parts that an
/// earlier run left count as done.
class DividedItem {
 public:
  DividedItem(PartFolder folder, int count, std::optional<InputState> input_state);

  int count() const { return static_cast<int>(is_done_.size()); }
  /// Of the recording when the first part was begun.
  const std::optional<InputState>& input_state() const { return input_state_; }
  /// Media time of the parts done in this run.
  Duration media() const { return media_; }

  std::vector<PartNumber> missing() const;
  std::vector<std::filesystem::path> files() const;

  /// Puts a part in place; `record` tells what it took. Throws Error(kOutput).
  void publish(const std::filesystem::path& work, const PartNumber& part, const Record& record);
  /// Makes the record of the joining that of the whole item.
  void add_to(Record& record) const;

 private:
  PartFolder folder_;
  std::optional<InputState> input_state_;
  std::vector<bool> is_done_;
  Duration wall_{};
  Duration media_{};
  std::uint64_t peak_memory_bytes_ = 0;
  int attempts_ = 1;
};

}  // namespace attune::batch
