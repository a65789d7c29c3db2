#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <typeindex>
#include <utility>

namespace attune::live {

/// Fact (pipeline/node.h) of a live feed: where its results go, and what outlives a graph. A feed's
/// graph is built anew when its configuration is read again or a node has failed; what must go on
/// meanwhile, such as the connection to the source and the number of the next HLS segment, is kept
/// here. Thread-safe.
class FeedPlace {
 public:
  FeedPlace(std::string name, std::filesystem::path folder,
            std::chrono::system_clock::time_point wall_start)
      : name_(std::move(name)),
        folder_(std::move(folder)),
        wall_start_(wall_start),
        kept_(std::make_shared<Kept>()) {}

  const std::string& name() const { return name_; }
  /// Relative paths of the feed's outputs are under it.
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path path(const std::filesystem::path& relative) const {
    return folder_ / relative;
  }
  /// Time of day at zero of the feed's clock.
  std::chrono::system_clock::time_point wall_start() const { return wall_start_; }

  /// The object of type T under this name: the one that an earlier graph of the feed made with the
  /// same `settings`, else what `make` gives, a std::shared_ptr<T>. One that was made with other
  /// settings is let go of first.
  template <class T, class Make>
  std::shared_ptr<T> keep(const std::string& name, const std::string& settings,
                          const Make& make) const {
    const std::lock_guard lock(kept_->mutex);
    Entry& entry = kept_->entries[{std::type_index(typeid(T)), name}];
    if (!entry.object || entry.settings != settings) {
      entry.object.reset();
      std::shared_ptr<T> made = make();
      entry = {settings, std::move(made)};
    }
    return std::static_pointer_cast<T>(entry.object);
  }

 private:
  struct Entry {
    std::string settings;
    std::shared_ptr<void> object;
  };
  struct Kept {
    std::mutex mutex;
    std::map<std::pair<std::type_index, std::string>, Entry> entries;
  };

  std::string name_;
  std::filesystem::path folder_;
  std::chrono::system_clock::time_point wall_start_;
  std::shared_ptr<Kept> kept_;
};

}  // namespace attune::live
