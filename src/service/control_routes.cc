#include "service/control_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/log.h"
#include "core/redact.h"
#include "service/feed_json.h"
#include "service/http_reply.h"

namespace attune::service {
namespace {

bool has_feed(const FeedDirectory& feeds, const std::string& name) {
  const std::vector<FeedStatus> all = feeds.feeds();
  return std::any_of(all.begin(), all.end(), [&](const auto& feed) { return feed.name == name; });
}

void list_feeds(const FeedDirectory& feeds, httplib::Response& response) {
  nlohmann::json list = nlohmann::json::array();
  for (const FeedStatus& feed : feeds.feeds()) list.push_back(feed_json(feed));
  reply_json(response, 200, {{"feeds", std::move(list)}});
}

void add_feed(FeedDirectory& feeds, const HttpCall& call, httplib::Response& response) {
  const FeedRequest request = read_feed_request(call.body);
  const bool is_taken = has_feed(feeds, request.name);
  try {
    feeds.add(request);
  } catch (const Error& error) {
    const int status =
        error.kind() == ErrorKind::kUsage && is_taken ? 409 : http_status(error.kind());
    throw HttpRefusal(status, redacted(error.what(), request.source));
  }
  log()->info("Feed {} ({}) added by {}.", request.name, redacted(request.source),
              call.request.remote_addr);
  response.set_header("Location", "/feeds/" + request.name);
  // It may have gone again by now.
  const std::vector<FeedStatus> all = feeds.feeds();
  const auto added = std::find_if(all.begin(), all.end(),
                                  [&](const auto& feed) { return feed.name == request.name; });
  reply_json(response, 201,
             added == all.end() ? nlohmann::json{{"name", request.name}} : feed_json(*added));
}

void remove_feed(FeedDirectory& feeds, const HttpCall& call, httplib::Response& response) {
  find_feed(feeds, call.feed);
  try {
    feeds.remove(call.feed);
  } catch (const Error& error) {
    // Somebody else was faster.
    if (error.kind() == ErrorKind::kUsage) throw HttpRefusal(404, error.what());
    throw;
  }
  log()->info("Feed {} removed by {}.", call.feed, call.request.remote_addr);
  response.status = 204;
}

/// Names of feeds are for those alone who have the token.
std::string why_not_ready(const FeedDirectory& feeds, bool is_authorised) {
  std::string failed;
  for (const FeedStatus& feed : feeds.feeds()) {
    if (feed.state != FeedState::kFailed) continue;
    if (!is_authorised) return "A feed has failed.";
    failed += fmt::format("{}Feed {} has failed: {}", failed.empty() ? "" : " ", feed.name,
                          feed.problem.empty() ? "the log says why." : feed.problem);
  }
  return failed.empty() ? "The service ends, or has not begun." : failed;
}

}  // namespace

FeedStatus find_feed(const FeedDirectory& feeds, const std::string& name) {
  for (FeedStatus& feed : feeds.feeds())
    if (feed.name == name) return std::move(feed);
  throw HttpRefusal(404, fmt::format("There is no feed \"{}\".", name));
}

void add_control_routes(HttpRouter& router, FeedDirectory& feeds) {
  router.add("GET", "/feeds", HttpPermission::kRead,
             [&feeds](const HttpCall&, auto& response) { list_feeds(feeds, response); });
  router.add("POST", "/feeds", HttpPermission::kChange,
             [&feeds](const HttpCall& call, auto& response) { add_feed(feeds, call, response); });
  router.add("GET", "/feeds/*", HttpPermission::kRead,
             [&feeds](const HttpCall& call, auto& response) {
               reply_json(response, 200, feed_json(find_feed(feeds, call.feed)));
             });
  router.add(
      "DELETE", "/feeds/*", HttpPermission::kChange,
      [&feeds](const HttpCall& call, auto& response) { remove_feed(feeds, call, response); });
  router.add("GET", "/healthz", HttpPermission::kAnyone,
             [](const HttpCall&, auto& response) { response.set_content("ok\n", "text/plain"); });
  router.add("GET", "/readyz", HttpPermission::kAnyone,
             [&feeds, &router](const HttpCall& call, auto& response) {
               if (feeds.ready()) {
                 response.set_content("ok\n", "text/plain");
                 return;
               }
               const bool is_authorised =
                   router.access().is_authorised(call.request, HttpPermission::kRead);
               reply_error(response, 503, why_not_ready(feeds, is_authorised));
             });
}

}  // namespace attune::service
