#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "service/feed_directory.h"
#include "service/http_router.h"

namespace attune::service {

/// What is known of every feed and of the process, for Prometheus: collected anew at each scrape,
/// so that a removed feed leaves nothing behind. docs/live.md lists the names.
class FeedMetrics final : public prometheus::Collectable {
 public:
  /// `feeds` must outlive it.
  explicit FeedMetrics(const FeedDirectory& feeds) : feeds_(feeds) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const FeedDirectory& feeds_;
};

/// GET /metrics.
void add_metrics_route(HttpRouter& router, const FeedDirectory& feeds);

}  // namespace attune::service
