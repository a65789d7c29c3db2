#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>

#include "live/counted_output.h"

namespace attune::live {

/// When a feed began: zero of its clock.
struct FeedStart {
  std::chrono::steady_clock::time_point steady = std::chrono::steady_clock::now();
  std::chrono::system_clock::time_point wall = std::chrono::system_clock::now();
};

/// Fact (pipeline/node.h) of a live feed: where its results go, and what outlives a graph. A feed's
/// graph is built anew when its configuration is read again or a node has failed; what must go on
/// meanwhile, such as the connection to the source and the number of the next HLS segment, is kept
/// here. Thread-safe; keep() is for one thread at a time.
class FeedPlace {
 public:
  /// `is_confined`: nothing is written outside `folder`, whatever the pipeline's parameters say.
  FeedPlace(std::string name, std::filesystem::path folder, FeedStart start,
            bool is_confined = false)
      : name_(std::move(name)),
        folder_(std::move(folder)),
        start_(start),
        is_confined_(is_confined),
        kept_(std::make_shared<Kept>()) {}

  const std::string& name() const { return name_; }
  /// Relative paths of the feed's outputs are under it.
  const std::filesystem::path& folder() const { return folder_; }
  /// Throws Error(kUsage) for a path that a confined feed may not write to.
  std::filesystem::path path(const std::filesystem::path& relative) const;
  const FeedStart& start() const { return start_; }

  /// The object of type T under this name: the one that an earlier graph of the feed made with the
  /// same `settings`, else what `make` gives, a std::shared_ptr<T>. One that was made with other
  /// settings is let go of first.
  template <class T, class Make>
  std::shared_ptr<T> keep(const std::string& name, const std::string& settings,
                          const Make& make) const {
    const Key key{std::type_index(typeid(T)), name};
    Entry old;
    {
      const std::lock_guard lock(kept_->mutex);
      Entry& entry = kept_->entries[key];
      entry.is_used = true;
      if (entry.object && entry.settings == settings)
        return std::static_pointer_cast<T>(entry.object);
      std::swap(old, entry);
    }
    // Both may wait for a disk or a peer, during which the counts of the others can be asked for.
    old = {};
    std::shared_ptr<T> made = make();
    std::shared_ptr<CountedOutput> output;
    if constexpr (std::is_base_of_v<CountedOutput, T>) output = made;
    const std::lock_guard lock(kept_->mutex);
    kept_->entries[key] = {settings, made, std::move(output), true};
    return made;
  }

  /// The outputs that are kept: name and counts.
  std::vector<std::pair<std::string, OutputCounts>> outputs() const;
  /// A graph begins, of which keep() is about to tell the outputs...
  void begin_graph() const;
  /// ...and now has: those of earlier graphs that it does without are retired and let go of.
  void retire_unused() const;
  /// Lets go of everything.
  void clear() const;

 private:
  using Key = std::pair<std::type_index, std::string>;
  struct Entry {
    std::string settings{};
    std::shared_ptr<void> object{};
    /// The same, where it is one.
    std::shared_ptr<CountedOutput> output{};
    bool is_used = false;
  };
  struct Kept {
    std::mutex mutex;
    std::map<Key, Entry> entries;
  };

  std::string name_;
  std::filesystem::path folder_;
  FeedStart start_;
  bool is_confined_;
  std::shared_ptr<Kept> kept_;
};

}  // namespace attune::live
