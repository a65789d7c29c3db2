#include "service/http_listener.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "core/error.h"
#include "core/log.h"

namespace attune::service {
namespace {

constexpr int kBacklog = 64;
/// For a connection that was cut off to leave.
constexpr std::chrono::milliseconds kLeaveTime(500);
/// What a watcher has not taken waits in its queue, where the oldest pictures go first, and not in
/// the kernel, which would send it seconds late.
constexpr int kMostUnsent = 128 << 10;
constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
    "Content-Length: 34\r\nConnection: close\r\n\r\n{\"error\": \"Too many connections.\"}";

/// Not httplib's SO_REUSEPORT, with which two services would share a port without a word.
void reuse_address(socket_t socket) {
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

void ignore_range(httplib::Request& request) {
  request.ranges.clear();
}

}  // namespace

HttpListener::HttpListener(const std::string& host, int port, std::size_t most_connections,
                           const HttpLimits& limits)
    : limits_(limits),
      most_connections_(most_connections),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  set_socket_options(reuse_address);
  errno = 0;
  if (port == 0) {
    port_ = bind_to_any_port(host);
  } else {
    port_ = bind_to_port(host, port) ? port : -1;
  }
  if (port_ < 0) {
    const int reason = errno;
    throw Error(ErrorKind::kUsage,
                fmt::format("Cannot listen at {} port {}{}. Choose another address or port.", host,
                            port, reason ? fmt::format(": {}", std::strerror(reason)) : ""));
  }
  ::listen(svr_sock_, kBacklog);
  // A client that went away again must not leave the acceptor waiting for the next.
  ::fcntl(svr_sock_, F_SETFL, ::fcntl(svr_sock_, F_GETFL) | O_NONBLOCK);
}

HttpListener::~HttpListener() {
  close();
}

bool HttpListener::is_loopback() const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(svr_sock_, reinterpret_cast<sockaddr*>(&address), &length) != 0) return false;
  if (address.ss_family == AF_INET)
    return (ntohl(reinterpret_cast<sockaddr_in&>(address).sin_addr.s_addr) >> 24) == 127;
  return address.ss_family == AF_INET6 &&
         IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<sockaddr_in6&>(address).sin6_addr);
}

void HttpListener::start() {
  acceptor_ = std::thread([this] { accept_connections(); });
}

void HttpListener::close() {
  closing_ = true;
  wake();
  if (acceptor_.joinable()) acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const Connection& connection : active_) ::shutdown(connection.socket.get(), SHUT_RDWR);
  }
  // httplib's loops over the content of an answer end by it.
  const int socket = svr_sock_.exchange(INVALID_SOCKET);
  if (socket != INVALID_SOCKET) ::close(socket);
  for (;;) {
    join_done();
    {
      const std::lock_guard lock(mutex_);
      if (active_.empty() && done_.empty()) return;
    }
    pollfd entry{wake_.get(), POLLIN, 0};
    ::poll(&entry, 1, -1);
  }
}

void HttpListener::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

void HttpListener::accept_connections() {
  bool exhausted = false;
  while (!closing_) {
    std::array<pollfd, 2> entries{pollfd{wake_.get(), POLLIN, 0}, pollfd{svr_sock_, POLLIN, 0}};
    // Without a free descriptor the listening socket stays ready: look again in a while.
    ::poll(entries.data(), exhausted ? 1 : 2, exhausted ? 100 : -1);
    join_done();
    if (closing_) return;
    const int socket = ::accept4(svr_sock_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket >= 0) {
      exhausted = false;
      admit(socket);
      continue;
    }
    const bool full = errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS;
    if (full && !exhausted)
      log()->warn("No HTTP connection can be taken now: {}.", std::strerror(errno));
    exhausted = full;
  }
}

void HttpListener::admit(int socket) {
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  ::setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kMostUnsent, sizeof kMostUnsent);
  std::unique_lock lock(mutex_);
  if (!has_room(lock)) {
    ::send(socket, kBusy.data(), kBusy.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::close(socket);
    return;
  }
  const auto connection = active_.emplace(active_.end(), socket);
  try {
    connection->thread = std::thread([this, connection] { serve(connection); });
  } catch (const std::system_error& error) {
    log()->warn("An HTTP connection is refused for want of a thread: {}.", error.what());
    active_.erase(connection);
  }
}

bool HttpListener::has_room(std::unique_lock<std::mutex>& lock) {
  const auto is_free = [&] { return active_.size() < most_connections_; };
  if (is_free()) return true;
  const auto waiting = std::find_if(active_.begin(), active_.end(),
                                    [](const Connection& c) { return !c.answering; });
  if (waiting == active_.end()) return false;
  waiting->answering = true;
  ::shutdown(waiting->socket.get(), SHUT_RDWR);
  return left_.wait_for(lock, kLeaveTime, is_free);
}

void HttpListener::serve(Connections::iterator connection) {
  try {
    HttpStream stream(connection->socket.get(), limits_, connection->answering);
    process(&HttpListener::process_request, stream);
    stream.finish();
  } catch (const std::exception& error) {
    log()->warn("An HTTP connection ends: {}", error.what());
  }
  const std::lock_guard lock(mutex_);
  done_.splice(done_.end(), active_, connection);
  left_.notify_one();
  wake();
}

void HttpListener::process(ProcessRequest11 process_request, HttpStream& stream) {
  bool closed = true;
  (this->*process_request)(stream, true, closed, ignore_range);
}

void HttpListener::process(ProcessRequest18 process_request, HttpStream& stream) {
  std::string remote;
  std::string local;
  int remote_port = 0;
  int local_port = 0;
  stream.get_remote_ip_and_port(remote, remote_port);
  stream.get_local_ip_and_port(local, local_port);
  bool closed = true;
  (this->*process_request)(stream, remote, remote_port, local, local_port, true, closed,
                           ignore_range);
}

void HttpListener::join_done() {
  std::uint64_t woken = 0;
  [[maybe_unused]] const ssize_t read = ::read(wake_.get(), &woken, sizeof woken);
  Connections done;
  {
    const std::lock_guard lock(mutex_);
    done.swap(done_);
  }
  for (Connection& connection : done) connection.thread.join();
}

}  // namespace attune::service
