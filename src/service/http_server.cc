#include "service/http_server.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "service/control_routes.h"
#include "service/http_access.h"
#include "service/http_listener.h"
#include "service/http_router.h"
#include "service/metrics.h"
#include "service/monitor_routes.h"

namespace attune::service {
namespace {

struct ListenAddress {
  /// Without brackets.
  std::string host;
  int port = 0;
};

ListenAddress parse_listen_address(const std::string& address) {
  const auto colon = address.rfind(':');
  ListenAddress parsed;
  if (colon != std::string::npos) {
    parsed.host = address.substr(0, colon);
    const char* end = address.data() + address.size();
    const auto [rest, error] = std::from_chars(address.data() + colon + 1, end, parsed.port);
    const bool is_bracketed = parsed.host.starts_with('[') && parsed.host.ends_with(']');
    const bool is_plain = parsed.host.find_first_of("[]:") == std::string::npos;
    if (error == std::errc() && rest == end && parsed.port >= 0 && parsed.port <= 65535 &&
        !parsed.host.empty() && (is_bracketed || is_plain)) {
      if (is_bracketed) parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
      return parsed;
    }
  }
  throw Error(ErrorKind::kUsage,
              fmt::format("\"{}\" is no address to listen at: write HOST:PORT, as in "
                          "127.0.0.1:8080 or [::1]:8080.",
                          address));
}

HttpLimits limits_of(const HttpOptions& options) {
  HttpLimits limits;
  limits.request_time = std::chrono::ceil<std::chrono::milliseconds>(options.request_time);
  limits.write_time = std::chrono::ceil<std::chrono::milliseconds>(options.write_time);
  return limits;
}

void check_token(const HttpOptions& options, bool is_loopback) {
  if (options.token.empty() && !is_loopback)
    throw Error(ErrorKind::kUsage,
                fmt::format("{} can be reached from other machines: set a token, or listen at "
                            "127.0.0.1.",
                            options.address));
  if (!options.token.empty() && !is_bearer_token(options.token))
    throw Error(ErrorKind::kUsage,
                "The token may hold letters, digits and -._~+/= only (RFC 6750).");
}

}  // namespace

struct HttpServer::State {
  State(FeedDirectory& feeds, const HttpOptions& options, const ListenAddress& address)
      : listener(address.host, address.port, options.most_connections, limits_of(options)),
        router(HttpAccess(options.token, listener.is_loopback(), address.host, listener.port())) {
    check_token(options, listener.is_loopback());
    add_control_routes(router, feeds);
    MonitorOptions monitor;
    monitor.most_watchers = options.most_watchers;
    monitor.status_interval = options.status_interval;
    monitor.heartbeat = options.heartbeat;
    add_monitor_routes(router, feeds, monitor, listener.closing());
    add_metrics_route(router, feeds);
    router.attach(listener);
    listener.start();
  }

  HttpListener listener;
  HttpRouter router;
};

HttpServer::HttpServer(FeedDirectory& feeds, const HttpOptions& options) {
  const ListenAddress address = parse_listen_address(options.address);
  state_ = std::make_unique<State>(feeds, options, address);
  log()->info("HTTP at {} port {}.", address.host, port());
}

HttpServer::~HttpServer() {
  stop();
}

int HttpServer::port() const {
  return state_->listener.port();
}

void HttpServer::stop() {
  state_->listener.close();
}

}  // namespace attune::service
