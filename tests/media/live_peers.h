#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "media/live_input.h"

extern char** environ;

namespace attune::media {

/// A program that runs beside the test, in shell syntax; killed and waited for at the end.
class Peer {
 public:
  explicit Peer(const std::string& command) {
    const std::string line = "exec " + command;
    const char* arguments[] = {"sh", "-c", line.c_str(), nullptr};
    EXPECT_EQ(posix_spawn(&process_, "/bin/sh", nullptr, nullptr,
                          const_cast<char* const*>(arguments), environ),
              0);
  }
  ~Peer() { end(); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void end() {
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = 0;
  }
  void signal(int number) const { kill(process_, number); }

 private:
  pid_t process_ = 0;
};

/// A listening socket on loopback, on a port that was free.
class Listener {
 public:
  explicit Listener(int type = SOCK_STREAM) : socket_(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    if (type == SOCK_STREAM) {
      EXPECT_EQ(listen(socket_, 64), 0);
    }
  }
  ~Listener() { close(socket_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int port() const { return port_; }
  int socket() const { return socket_; }
  /// The next caller; negative after the socket was shut down.
  int accept() const { return ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC); }
  void shut_down() const { shutdown(socket_, SHUT_RDWR); }

 private:
  int socket_;
  int port_ = 0;
};

inline std::string free_port(int type = SOCK_STREAM) {
  return std::to_string(Listener(type).port());
}

/// Answers every request over HTTP with the given text, whatever the path.
class WebServer {
 public:
  explicit WebServer(std::string head, std::string body = "")
      : head_(std::move(head)), body_(std::move(body)), thread_([this] { serve(); }) {}
  ~WebServer() {
    listener_.shut_down();
    thread_.join();
  }

  std::string address(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(listener_.port()) + path;
  }

 private:
  void serve() {
    for (int caller = 0; (caller = listener_.accept()) >= 0;) {
      char request[4096];
      const ssize_t got = read(caller, request, sizeof request);
      const std::string answer = "HTTP/1.1 " + head_ + "\r\nConnection: close\r\nContent-Length: " +
                                 std::to_string(body_.size()) + "\r\n\r\n" + body_;
      if (got > 0) static_cast<void>(!write(caller, answer.data(), answer.size()));
      close(caller);
    }
  }

  Listener listener_;
  std::string head_;
  std::string body_;
  std::thread thread_;
};

/// What came out of a feed until enough did.
struct Received {
  std::vector<LiveItem> items;

  std::size_t count(LiveItem::Kind kind) const {
    std::size_t n = 0;
    for (const LiveItem& item : items) n += item.kind == kind ? 1 : 0;
    return n;
  }
  std::size_t count(StreamKind kind) const {
    std::size_t n = 0;
    for (const LiveItem& item : items)
      n += item.kind == LiveItem::Kind::kPacket && item.packet.kind == kind ? 1 : 0;
    return n;
  }
};

/// Takes items until `enough` says so, at the most for `limit`.
template <class Enough>
Received receive(LiveInput& input, Duration limit, const Enough& enough) {
  Received received;
  const Timestamp end = input.now() + limit;
  while (input.now() < end) {
    std::optional<LiveItem> item = input.next(std::chrono::milliseconds(20));
    if (!item) continue;
    const bool is_end = item->kind == LiveItem::Kind::kEnd;
    received.items.push_back(std::move(*item));
    if (is_end || enough(received)) break;
  }
  return received;
}

/// What holds of every feed, whatever happens to it.
inline void expect_one_clock(const Received& received) {
  ASSERT_FALSE(received.items.empty());
  ASSERT_EQ(received.items.front().kind, LiveItem::Kind::kDiscontinuity);
  Timestamp begin{};
  Timestamp end{};
  for (const LiveItem& item : received.items) {
    if (item.kind == LiveItem::Kind::kDiscontinuity) {
      EXPECT_GE(item.time, end);
      EXPECT_EQ(item.time % kTokenPeriod, Duration{});
      begin = item.time;
    } else if (item.kind == LiveItem::Kind::kPacket) {
      EXPECT_GE(item.packet.span.start, begin);
      end = std::max(end, item.packet.span.end);
    }
  }
}

}  // namespace attune::media
