#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <string_view>

#include "core/descriptor.h"

namespace attune::service {

/// A TCP connection to 127.0.0.1 that sends what a proper client would not, and stops reading.
class RawConnection {
 public:
  explicit RawConnection(int port, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0)
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }

  /// False when the other side has closed before all was sent.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  /// Reads until `text` has come; false when the stream ends or a time limit passes before.
  bool await(std::string_view text, std::chrono::milliseconds limit = std::chrono::seconds(3)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (received_.find(text) == std::string::npos)
      if (!receive(deadline)) return false;
    return true;
  }

  /// Reads to the end; false when it does not come within the limit.
  bool await_end(std::chrono::milliseconds limit = std::chrono::seconds(3)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (receive(deadline)) {
    }
    return has_ended_;
  }

  const std::string& received() const { return received_; }
  void forget() { received_.clear(); }

 private:
  bool receive(std::chrono::steady_clock::time_point deadline) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd entry{socket_.get(), POLLIN, 0};
    if (left.count() <= 0 || ::poll(&entry, 1, static_cast<int>(left.count())) <= 0) return false;
    std::string part(std::size_t{64} << 10, '\0');
    const ssize_t n = ::recv(socket_.get(), part.data(), part.size(), 0);
    has_ended_ = n <= 0;
    if (n > 0) received_.append(part, 0, static_cast<std::size_t>(n));
    return n > 0;
  }

  Descriptor socket_;
  std::string received_;
  bool has_ended_ = false;
};

/// A request of one line and a Host.
inline std::string plain_request(const std::string& line, const std::string& more = "") {
  return line + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}

}  // namespace attune::service
