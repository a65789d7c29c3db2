#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "batch/input_list.h"

namespace attune::batch {

/// Takes the items of a batch one after another and lets in those that can be done beside the
/// others. Not thread-safe.
class ItemCollector {
 public:
  /// Empty: not known yet.
  explicit ItemCollector(const std::filesystem::path& output_folder);

  /// Whether a path, links apart, is the output folder or lies in it.
  bool is_in_output_folder(const std::filesystem::path& path) const;

  /// Adds an item whose output is set. `names_output`: it was written by hand, so that a file may
  /// come twice with different outputs.
  void add(Item item, bool names_output);

  /// Both may hold several lines or bytes that are not UTF-8; they are made one line of UTF-8.
  void reject(const std::string& origin, const std::string& message);
  void leave_out(const std::string& origin, const std::string& message);

  InputList take() { return std::move(list_); }

 private:
  bool is_usable(const Item& item);
  bool is_repeated(const Item& item, bool names_output);
  bool has_free_output(const Item& item);

  /// Absolute and normal, or empty.
  std::filesystem::path output_folder_;
  InputList list_;
  /// Positions in list_.items.
  std::unordered_map<std::string, std::size_t> by_input_;
  std::unordered_map<std::string, std::size_t> by_output_;
  /// The folders above the outputs, with one item below each.
  std::unordered_map<std::string, std::size_t> above_outputs_;
};

}  // namespace attune::batch
