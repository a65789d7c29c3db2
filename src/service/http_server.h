#pragma once

#include <memory>
#include <string>

#include "core/time.h"
#include "service/feed_directory.h"

namespace attune::service {

struct HttpOptions {
  /// "HOST:PORT", with an IPv6 address in brackets; port 0 is any that is free.
  std::string address = "127.0.0.1:0";
  /// What clients must show, made of letters, digits and -._~+/=; empty: nothing, which only an
  /// address of this machine alone may have.
  std::string token = {};
  /// As HttpLimits, HttpListener and MonitorOptions have it.
  std::size_t most_connections = 96;
  std::size_t most_watchers = 48;
  Duration request_time = std::chrono::seconds(10);
  Duration write_time = std::chrono::seconds(5);
  Duration status_interval = std::chrono::seconds(1);
  Duration heartbeat = std::chrono::seconds(10);
};

/// The HTTP interface of the service (docs/live.md): feeds are listed, added, removed and watched
/// by it, and monitored by Prometheus. One thread for each connection. A client that is slow,
/// stalled or sends too much delays nobody: requests and answers have time limits, bodies, headers,
/// connections and watchers are bounded.
class HttpServer {
 public:
  /// Listens at once. `feeds` must outlive it. Throws Error(kUsage) for an address that is wrong or
  /// taken, and for one that others can reach without a token.
  HttpServer(FeedDirectory& feeds, const HttpOptions& options);
  /// As stop().
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const;

  /// Ends all connections, also of those who watch, and joins all threads. A request that is in
  /// FeedDirectory::add() or remove() is waited for.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace attune::service
