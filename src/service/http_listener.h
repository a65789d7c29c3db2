#pragma once

#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "core/descriptor.h"
#include "service/http_stream.h"

namespace attune::service {

/// Accepts connections and has httplib read, route and answer one request on each, on a thread of
/// its own, so that none waits for another. httplib's own loop is not used: it neither bounds what
/// a client may send before a request is whole, nor ends threads that wait for one.
///
/// At most `most_connections` at a time: when all are taken, the one that has been longest without
/// a whole request is cut off for the next; where all are being answered, the next is told 503.
class HttpListener final : public httplib::Server {
 public:
  /// Binds, and accepts nothing yet. Port 0 is any. Throws Error(kUsage) when it cannot.
  HttpListener(const std::string& host, int port, std::size_t most_connections,
               const HttpLimits& limits);
  ~HttpListener() override;

  int port() const { return port_; }
  /// Only programs on this machine can connect.
  bool is_loopback() const;

  /// Once the routes are set.
  void start();
  /// Ends all connections and joins all threads.
  void close();
  /// True from close() on.
  const std::atomic<bool>& closing() const { return closing_; }

 private:
  struct Connection {
    explicit Connection(int accepted) : socket(accepted) {}
    Descriptor socket;
    std::atomic<bool> answering = false;
    std::thread thread;
  };
  using Connections = std::list<Connection>;

  using Setup = std::function<void(httplib::Request&)>;
  // httplib 0.11 and 0.18 differ in what this function of theirs takes.
  using ProcessRequest11 = bool (httplib::Server::*)(httplib::Stream&, bool, bool&, const Setup&);
  using ProcessRequest18 = bool (httplib::Server::*)(httplib::Stream&, const std::string&, int,
                                                     const std::string&, int, bool, bool&,
                                                     const Setup&);
  void process(ProcessRequest11 process_request, HttpStream& stream);
  void process(ProcessRequest18 process_request, HttpStream& stream);

  void accept_connections();
  void admit(int socket);
  /// Cuts off a client that has not asked yet, where that is needed.
  bool has_room(std::unique_lock<std::mutex>& lock);
  void serve(Connections::iterator connection);
  void wake() const;
  void join_done();

  HttpLimits limits_;
  std::size_t most_connections_;
  int port_ = 0;
  Descriptor wake_;
  std::atomic<bool> closing_ = false;
  std::thread acceptor_;
  std::mutex mutex_;
  std::condition_variable left_;
  /// Sockets are closed where the thread is joined, so that their numbers mean one connection only.
  Connections active_;
  Connections done_;
};

}  // namespace attune::service
