#pragma once

#include <atomic>
#include <cstddef>

#include "core/time.h"
#include "service/feed_directory.h"
#include "service/http_router.h"

namespace attune::service {

struct MonitorOptions {
  /// Pages that are open, over all feeds; the next is told 503.
  std::size_t most_watchers = 48;
  Duration status_interval = std::chrono::seconds(1);
  /// A comment, for proxies that take a silent connection for a dead one.
  Duration heartbeat = std::chrono::seconds(10);
};

/// GET /, /feeds/NAME/monitor, /feeds/NAME/events, /feeds/NAME/picture.jpg and what the pages need.
/// `feeds` and `closing`, which ends all streams of events within a quarter of a second, must
/// outlive the router's server.
void add_monitor_routes(HttpRouter& router, FeedDirectory& feeds, const MonitorOptions& options,
                        const std::atomic<bool>& closing);

}  // namespace attune::service
