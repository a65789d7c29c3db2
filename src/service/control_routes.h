#pragma once

#include "service/feed_directory.h"
#include "service/http_router.h"

namespace attune::service {

/// GET, POST /feeds; GET, DELETE /feeds/NAME; GET /healthz, /readyz. `feeds` must outlive the
/// router.
void add_control_routes(HttpRouter& router, FeedDirectory& feeds);

/// The status of a feed. Throws HttpRefusal(404) where there is none of that name.
FeedStatus find_feed(const FeedDirectory& feeds, const std::string& name);

}  // namespace attune::service
