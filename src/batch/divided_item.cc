#include "batch/divided_item.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "core/sha256.h"
#include "core/version.h"

namespace attune::batch {

std::string parts_key(const std::string& settings_hash, const std::optional<InputState>& input,
                      Duration split_length) {
  const InputState state = input.value_or(InputState{});
  const std::string text = fmt::format("{} {} {} {} {}", kVersion, settings_hash, state.size,
                                       state.mtime_ns, split_length.count());
  return sha256(std::as_bytes(std::span(text))).substr(0, 16);
}

DividedItem::DividedItem(PartFolder folder, int count, std::optional<InputState> input_state)
    : folder_(std::move(folder)), input_state_(input_state) {
  for (int index = 0; index < count; ++index) is_done_.push_back(folder_.has({index, count}));
}

std::vector<PartNumber> DividedItem::missing() const {
  std::vector<PartNumber> parts;
  for (int index = 0; index < count(); ++index)
    if (!is_done_[static_cast<std::size_t>(index)]) parts.push_back({index, count()});
  return parts;
}

std::vector<std::filesystem::path> DividedItem::files() const {
  std::vector<std::filesystem::path> files;
  for (int index = 0; index < count(); ++index) files.push_back(folder_.file({index, count()}));
  return files;
}

void DividedItem::publish(const std::filesystem::path& work, const PartNumber& part,
                          const Record& record) {
  folder_.publish(work, part);
  is_done_[static_cast<std::size_t>(part.index)] = true;
  wall_ += record.wall;
  media_ += record.media;
  peak_memory_bytes_ = std::max(peak_memory_bytes_, record.peak_memory_bytes);
  attempts_ = std::max(attempts_, record.attempts);
}

void DividedItem::add_to(Record& record) const {
  record.wall += wall_;
  record.peak_memory_bytes = std::max(record.peak_memory_bytes, peak_memory_bytes_);
  record.attempts = std::max(record.attempts, attempts_);
}

}  // namespace attune::batch
