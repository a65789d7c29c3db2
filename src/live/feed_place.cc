#include "live/feed_place.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace attune::live {

std::filesystem::path FeedPlace::path(const std::filesystem::path& relative) const {
  const bool leads_out =
      relative.is_absolute() || std::ranges::find(relative, "..") != relative.end();
  if (is_confined_ && leads_out)
    throw Error(ErrorKind::kUsage,
                fmt::format("{}: a feed that was added over HTTP writes into its own folder alone; "
                            "name a path below it",
                            relative.string()));
  return folder_ / relative;
}

std::vector<std::pair<std::string, OutputCounts>> FeedPlace::outputs() const {
  std::vector<std::pair<std::string, std::shared_ptr<CountedOutput>>> kept;
  {
    const std::lock_guard lock(kept_->mutex);
    for (const auto& [key, entry] : kept_->entries)
      if (entry.output) kept.emplace_back(key.second, entry.output);
  }
  std::vector<std::pair<std::string, OutputCounts>> all;
  for (const auto& [name, output] : kept) all.emplace_back(name, output->output_counts());
  return all;
}

void FeedPlace::begin_graph() const {
  const std::lock_guard lock(kept_->mutex);
  for (auto& [key, entry] : kept_->entries) entry.is_used = false;
}

void FeedPlace::retire_unused() const {
  std::vector<Entry> unused;
  {
    const std::lock_guard lock(kept_->mutex);
    for (auto& [key, entry] : kept_->entries)
      if (entry.output && !entry.is_used) unused.push_back(std::exchange(entry, {}));
    std::erase_if(kept_->entries, [](const auto& kept) { return !kept.second.object; });
  }
  for (const Entry& entry : unused) entry.output->retire();
}

void FeedPlace::clear() const {
  std::map<Key, Entry> all;
  {
    const std::lock_guard lock(kept_->mutex);
    all.swap(kept_->entries);
  }
}

}  // namespace attune::live
