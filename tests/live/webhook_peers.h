#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/descriptor.h"
#include "sink_events.h"

namespace attune::live {

struct Posted {
  std::string path;
  httplib::Headers headers;
  std::string body;
  std::chrono::steady_clock::time_point time;

  std::string header(const char* name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

/// Somebody's receiver of webhooks on this machine, made with cpp-httplib.
class Receiver {
 public:
  /// Answers the n-th request (from 0).
  using Answer = std::function<void(std::size_t n, httplib::Response&)>;

  explicit Receiver(Answer answer = {}, std::unique_ptr<httplib::Server> server = nullptr,
                    int port = 0)
      : server_(server ? std::move(server) : std::make_unique<httplib::Server>()),
        answer_(std::move(answer)) {
    server_->set_keep_alive_timeout(1);
    server_->set_keep_alive_max_count(10000);
    server_->Post(".*", [this](const httplib::Request& request, httplib::Response& response) {
      std::size_t n = 0;
      {
        const std::lock_guard lock(mutex_);
        n = posted_.size();
        posted_.push_back(
            {request.path, request.headers, request.body, std::chrono::steady_clock::now()});
      }
      response.status = 200;
      if (answer_) answer_(n, response);
    });
    if (port == 0) {
      port_ = server_->bind_to_any_port("127.0.0.1");
    } else {
      EXPECT_TRUE(server_->bind_to_port("127.0.0.1", port));
      port_ = port;
    }
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ~Receiver() {
    server_->stop();
    thread_.join();
  }

  std::string url(const std::string& path = "/events") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  int port() const { return port_; }
  std::vector<Posted> posted() const {
    const std::lock_guard lock(mutex_);
    return posted_;
  }
  /// Of all bodies.
  std::vector<std::int64_t> numbers() const {
    std::string all;
    for (const Posted& post : posted()) all += post.body;
    return numbers_in(all);
  }
  bool waits_for(std::size_t requests) const {
    return comes_true([&] { return posted().size() >= requests; });
  }

 private:
  std::unique_ptr<httplib::Server> server_;
  Answer answer_;
  mutable std::mutex mutex_;
  std::vector<Posted> posted_;
  int port_ = 0;
  std::thread thread_;
};

/// Takes connections and never says a word.
class SilentPeer {
 public:
  SilentPeer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(socket_.get(), 64), 0);
    socklen_t size = sizeof address;
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  Descriptor socket_;
  int port_ = 0;
};

/// A port that nobody listens at.
inline int closed_port() {
  const SilentPeer peer;
  return peer.port();
}

/// Held shut until it is opened.
class Gate {
 public:
  void open() {
    {
      const std::lock_guard lock(mutex_);
      is_open_ = true;
    }
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;
};

}  // namespace attune::live
