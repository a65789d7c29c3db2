#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/config.h"
#include "service/feed_directory.h"
#include "service/live_feed.h"

namespace attune::service {

struct LiveServiceOptions {
  /// Each feed writes into a folder of its name below.
  std::filesystem::path folder;
  /// Reads the pipeline of a feed. Throws Error(kConfig).
  std::function<pipeline::Config(const FeedRequest& request)> load_config;
  int threads = 0;
};

/// The feeds of one process, each with threads of its own: one that dies or stalls delays no other.
/// Thread-safe.
class LiveService final : public FeedDirectory {
 public:
  explicit LiveService(LiveServiceOptions options) : options_(std::move(options)) {}

  std::vector<FeedStatus> feeds() const override;
  void add(const FeedRequest& request) override;
  void remove(const std::string& name) override;
  std::shared_ptr<MonitorHub> monitor(const std::string& name) const override;
  bool ready() const override;

  /// Of every feed.
  void reload();
  /// Ends all feeds, at the same time, and returns when they have written what they found.
  void stop();
  /// Whether no feed goes on.
  bool ended() const;
  /// The first failure among the feeds; nothing when none has failed.
  std::optional<Error> failure() const;

 private:
  std::shared_ptr<LiveFeed> find(const std::string& name) const;
  std::vector<std::shared_ptr<LiveFeed>> all() const;

  const LiveServiceOptions options_;
  mutable std::mutex mutex_;
  bool is_stopping_ = false;
  /// Null while a feed is being made or ends.
  std::map<std::string, std::shared_ptr<LiveFeed>> feeds_;
};

}  // namespace attune::service
