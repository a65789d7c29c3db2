#include "service/monitor_routes.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "service/control_routes.h"
#include "service/feed_json.h"
#include "service/http_reply.h"
#include "service/page_files.h"

namespace attune::service {
namespace {

using WatchClock = std::chrono::steady_clock;

constexpr Duration kLongestWait = std::chrono::milliseconds(200);
/// For the first picture, which is not made before somebody asks for one.
constexpr Duration kPictureWait = std::chrono::milliseconds(1500);
/// A browser that lost the service tries again after so many milliseconds.
constexpr std::string_view kRetry = "retry: 2000\n\n";
/// Scripts and styles from here only, pictures also from messages; nothing else, and in no frame.
constexpr const char* kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::shared_ptr<MonitorHub> find_monitor(const FeedDirectory& feeds, const std::string& name) {
  std::shared_ptr<MonitorHub> hub = feeds.monitor(name);
  if (!hub) throw HttpRefusal(404, "There is no feed \"" + name + "\".");
  return hub;
}

/// Holds one of the places for watchers.
class WatchPlace {
 public:
  WatchPlace(std::atomic<std::size_t>& taken, std::size_t most) : taken_(taken) {
    if (taken_.fetch_add(1) < most) return;
    --taken_;
    throw HttpRefusal(503, "Too many monitor pages are open. Close one, or try again later.");
  }
  ~WatchPlace() { --taken_; }
  WatchPlace(const WatchPlace&) = delete;
  WatchPlace& operator=(const WatchPlace&) = delete;

 private:
  std::atomic<std::size_t>& taken_;
};

/// One stream of server-sent events (HTML Living Standard, 9.2).
class EventWatch {
 public:
  EventWatch(const FeedDirectory& feeds, std::string feed, const MonitorOptions& options,
             std::atomic<std::size_t>& watchers)
      : feeds_(feeds),
        feed_(std::move(feed)),
        options_(options),
        place_(watchers, options.most_watchers),
        subscription_(find_monitor(feeds, feed_)->subscribe()) {}

  /// Waits for what there is to send and sends it; false when the client is gone.
  bool step(httplib::DataSink& sink) {
    const auto now = WatchClock::now();
    if (next_heartbeat_ == WatchClock::time_point()) {
      next_heartbeat_ = now + options_.heartbeat;
      if (!write(sink, kRetry)) return false;
    }
    if (now >= next_heartbeat_) {
      next_heartbeat_ = now + options_.heartbeat;
      if (!write(sink, ": alive\n\n")) return false;
    }
    if (now >= next_status_) {
      next_status_ = now + options_.status_interval;
      const auto status = find_status();
      if (status && !write(sink, "status", *status)) return false;
    }
    const Duration wait =
        std::min<Duration>({kLongestWait, next_status_ - now, next_heartbeat_ - now});
    if (const auto message = subscription_->next(wait))
      return write(sink, message->event, message->data);
    if (!subscription_->ended()) return true;
    if (!write(sink, "end", "{}")) return false;
    sink.done();
    return true;
  }

 private:
  static bool write(httplib::DataSink& sink, std::string_view text) {
    return sink.write(text.data(), text.size());
  }

  static bool write(httplib::DataSink& sink, const std::string& event, const std::string& data) {
    return write(sink, "event: " + event + "\ndata: " + data + "\n\n");
  }

  std::optional<std::string> find_status() const {
    for (const FeedStatus& feed : feeds_.feeds())
      if (feed.name == feed_)
        return feed_json(feed).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return std::nullopt;
  }

  const FeedDirectory& feeds_;
  std::string feed_;
  MonitorOptions options_;
  WatchPlace place_;
  std::unique_ptr<MonitorHub::Subscription> subscription_;
  WatchClock::time_point next_status_{};
  WatchClock::time_point next_heartbeat_{};
};

std::string fresh_picture(MonitorHub& hub, const std::atomic<bool>& closing) {
  const auto deadline = WatchClock::now() + kPictureWait;
  const auto subscription = hub.subscribe();
  while (!closing && WatchClock::now() < deadline && !subscription->ended()) {
    const auto message = subscription->next(kLongestWait);
    if (message && message->event == "view") break;
  }
  return hub.picture();
}

/// For text, and attributes in double quotes.
std::string escape_html(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '"') {
      escaped += "&quot;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

void reply_page(const HttpRouter& router, const HttpCall& call, httplib::Response& response,
                std::string page, const std::string& feed) {
  constexpr std::string_view kPlace = "{{feed}}";
  const std::string name = escape_html(feed);
  for (auto at = page.find(kPlace); at != std::string::npos; at = page.find(kPlace, at))
    page.replace(at, kPlace.size(), name), at += name.size();
  router.access().set_cookie(call.request, response);
  response.set_header("Content-Security-Policy", kPagePolicy);
  response.set_content(page, "text/html; charset=utf-8");
}

void add_pages(HttpRouter& router, const FeedDirectory& feeds) {
  router.add("GET", "/", HttpPermission::kPage,
             [&router, &feeds](const HttpCall& call, auto& response) {
               const std::vector<FeedStatus> all = feeds.feeds();
               const bool is_one = all.size() == 1;
               reply_page(router, call, response, std::string(is_one ? kMonitorPage : kFeedsPage),
                          is_one ? all.front().name : "");
             });
  router.add("GET", "/feeds/*/monitor", HttpPermission::kPage,
             [&router, &feeds](const HttpCall& call, auto& response) {
               find_feed(feeds, call.feed);
               reply_page(router, call, response, std::string(kMonitorPage), call.feed);
             });
  const auto add_file = [&router](const char* path, std::string_view content, const char* type) {
    router.add("GET", path, HttpPermission::kAnyone,
               [content, type](const HttpCall&, auto& response) {
                 response.set_content(content.data(), content.size(), type);
               });
  };
  constexpr const char* kScript = "text/javascript; charset=utf-8";
  add_file("/assets/page.css", kPageStyle, "text/css; charset=utf-8");
  add_file("/assets/monitor.js", kMonitorScript, kScript);
  add_file("/assets/stage.js", kStageScript, kScript);
  add_file("/assets/attention.js", kAttentionScript, kScript);
  add_file("/assets/captions.js", kCaptionsScript, kScript);
  add_file("/assets/format.js", kFormatScript, kScript);
  add_file("/assets/feeds.js", kFeedsScript, kScript);
}

}  // namespace

void add_monitor_routes(HttpRouter& router, FeedDirectory& feeds, const MonitorOptions& options,
                        const std::atomic<bool>& closing) {
  add_pages(router, feeds);
  const auto watchers = std::make_shared<std::atomic<std::size_t>>(0);
  router.add("GET", "/feeds/*/events", HttpPermission::kRead,
             [&feeds, &closing, options, watchers](const HttpCall& call, auto& response) {
               const auto watch =
                   std::make_shared<EventWatch>(feeds, call.feed, options, *watchers);
               // A proxy must not collect what is meant for now.
               response.set_header("X-Accel-Buffering", "no");
               response.set_content_provider(
                   "text/event-stream", [watch, &closing](std::size_t, httplib::DataSink& sink) {
                     return !closing && watch->step(sink);
                   });
             });
  router.add("GET", "/feeds/*/picture.jpg", HttpPermission::kRead,
             [&feeds, &closing](const HttpCall& call, auto& response) {
               const auto hub = find_monitor(feeds, call.feed);
               const std::string picture = fresh_picture(*hub, closing);
               if (picture.empty()) throw HttpRefusal(404, "The feed has shown no picture yet.");
               response.set_content(picture, "image/jpeg");
             });
}

}  // namespace attune::service
