#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "core/backoff.h"
#include "core/error.h"
#include "live/event.h"
#include "live/event_json.h"
#include "live/feed_link.h"
#include "live/feed_place.h"
#include "pipeline/config.h"
#include "service/feed_directory.h"
#include "service/feed_watch.h"
#include "service/monitor_hub.h"

namespace attune::service {

struct LiveFeedOptions {
  /// Where the feed's results go.
  std::filesystem::path folder;
  /// Reads the feed's pipeline, anew each time. Throws Error(kConfig).
  std::function<pipeline::Config()> load_config;
  /// As RunOptions::threads.
  int threads = 0;
};

/// One feed: a pipeline that is kept running. A node that fails takes its graph down, and a new one
/// begins where the feed then is, with delays that double; the connection to the source and the
/// result files go on. Thread-safe.
class LiveFeed {
 public:
  /// Checks everything that can be known before a connection, then begins. Throws Error(kConfig),
  /// Error(kUsage), Error(kOutput).
  LiveFeed(FeedRequest request, LiveFeedOptions options);
  /// As stop(), and waits for the end.
  ~LiveFeed();
  LiveFeed(const LiveFeed&) = delete;
  LiveFeed& operator=(const LiveFeed&) = delete;

  FeedStatus status() const;
  std::shared_ptr<MonitorHub> monitor() const { return hub_; }

  /// Reads the pipeline again and builds the graph anew, without losing the connection. A pipeline
  /// with a mistake is told, and the old one goes on.
  void reload();
  /// Ends the feed: what was found is written. Returns at once.
  void stop();
  /// After stop(): returns when all is written and the outputs are closed. Once.
  void wait();
  /// Whether it has ended, by itself or by stop().
  bool ended() const { return has_ended_; }
  /// Why it failed for good; nothing when it did not.
  std::optional<Error> failure() const;

 private:
  void run();
  bool source_has_ended() const;
  /// One graph, from beginning to end. False: the feed is over.
  bool run_graph(const pipeline::Config& config);
  void build_graph(const pipeline::Config& config);
  void settle_graph(const pipeline::Config& config);
  void begin_again(const std::string& problem, Backoff& backoff);
  void fail(const Error& error);
  void tick(const pipeline::Config& config);
  void publish(const live::Event& event);
  void tell(live::FeedNews news, const std::string& message);
  void tell_lateness(std::string_view results, Duration budget, bool is_late);
  void tell_load(const live::LoadChange& change);
  void follow_source();
  live::EventStamp stamp();

  const FeedRequest request_;
  const LiveFeedOptions options_;
  const live::FeedStart start_;
  const std::shared_ptr<MonitorHub> hub_ = std::make_shared<MonitorHub>();
  /// What the feed itself has to say: the hub, and what counts events.
  const std::shared_ptr<live::EventBus> events_ = std::make_shared<live::EventBus>();
  std::optional<live::FeedPlace> place_;
  std::shared_ptr<FeedWatch> watch_;
  live::FeedLink link_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  pipeline::Config config_;
  bool is_new_config_ = false;
  /// Of the last graph whose nodes could all be opened; whether the current one's could.
  std::optional<pipeline::Config> good_config_;
  bool is_settled_ = false;
  /// Where that graph's writers hear of the feed itself.
  std::shared_ptr<live::EventBus> news_;
  std::shared_ptr<live::EventBus> next_news_;
  FeedState state_ = FeedState::kConnecting;
  std::string problem_;
  std::optional<Error> failure_;
  std::int64_t restarts_ = 0;
  std::int64_t discontinuities_ = 0;

  std::int64_t next_event_ = 1;
  std::atomic<bool> stop_graph_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> has_ended_ = false;
  std::atomic<std::int64_t> segments_ = 0;
  std::atomic<std::int64_t> captions_ = 0;
  std::thread thread_;
};

}  // namespace attune::service
