#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "service/feed_directory.h"

namespace attune::service {

/// A feed's status as GET /feeds and the monitor page's "status" message have it: times in seconds,
/// null where nothing is known. docs/live.md lists the members.
nlohmann::json feed_json(const FeedStatus& status);

/// Reads {"name", "source", "config"?, "settings"?}; a setting may be text, a number, true or
/// false. Throws Error(kUsage) for anything else.
FeedRequest read_feed_request(const std::string& body);

}  // namespace attune::service
