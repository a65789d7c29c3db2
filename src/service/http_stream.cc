#include "service/http_stream.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace attune::service {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kReadSize = 4096;
constexpr std::string_view kHeaderEnd = "\r\n\r\n";

/// Whether the socket is ready for `events`, or broken, before the deadline.
bool await_socket(int socket, short events, SteadyClock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
    pollfd entry{socket, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::max<long>(left, 0)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

void describe_address(const sockaddr_storage& address, std::string& ip, int& port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    port = ntohs(v4.sin_port);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    port = ntohs(v6.sin6_port);
  }
  ip = text.data();
}

}  // namespace

HttpStream::HttpStream(int socket, const HttpLimits& limits, std::atomic<bool>& answering)
    : socket_(socket),
      limits_(limits),
      answering_(answering),
      request_deadline_(SteadyClock::now() + limits.request_time) {}

bool HttpStream::is_readable() const {
  return taken_ < buffer_.size() || await_socket(socket_, POLLIN, SteadyClock::now());
}

bool HttpStream::is_writable() const {
  return await_socket(socket_, POLLOUT, SteadyClock::now() + limits_.write_time);
}

ssize_t HttpStream::read(char* data, size_t size) {
  if (taken_ == buffer_.size() && !fill()) return -1;
  const std::size_t n = std::min(size, buffer_.size() - taken_);
  std::memcpy(data, buffer_.data() + taken_, n);
  taken_ += n;
  return static_cast<ssize_t>(n);
}

bool HttpStream::fill() {
  if (!await_socket(socket_, POLLIN, request_deadline_)) return false;
  buffer_.resize(kReadSize);
  taken_ = 0;
  ssize_t received = 0;
  do {
    received = ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  } while (received < 0 && errno == EINTR);
  buffer_.resize(static_cast<std::size_t>(std::max<ssize_t>(received, 0)));
  for (const char c : buffer_) {
    if (blank_line_ == kHeaderEnd.size()) {
      ++body_bytes_;
      continue;
    }
    ++header_bytes_;
    if (c == kHeaderEnd[blank_line_]) {
      ++blank_line_;
    } else {
      blank_line_ = c == '\r' ? 1 : 0;
    }
  }
  return received > 0 && header_bytes_ <= limits_.header_bytes && body_bytes_ <= limits_.body_bytes;
}

ssize_t HttpStream::write(const char* data, size_t size) {
  answering_ = true;
  std::size_t sent = 0;
  while (sent < size) {
    const ssize_t n = ::send(socket_, data + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      sent += static_cast<std::size_t>(n);
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (!is_writable()) return -1;
    } else if (n == 0 || errno != EINTR) {
      return -1;
    }
  }
  return static_cast<ssize_t>(size);
}

void HttpStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getpeername(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0)
    describe_address(address, ip, port);
}

void HttpStream::get_local_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0)
    describe_address(address, ip, port);
}

void HttpStream::finish() {
  ::shutdown(socket_, SHUT_WR);
  if (!answering_) return;
  const auto deadline = SteadyClock::now() + limits_.linger_time;
  std::string away(std::size_t{64} << 10, '\0');
  for (std::size_t bytes = 0; bytes < limits_.linger_bytes;) {
    if (SteadyClock::now() >= deadline || !await_socket(socket_, POLLIN, deadline)) return;
    const ssize_t n = ::recv(socket_, away.data(), away.size(), MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) return;
    bytes += static_cast<std::size_t>(std::max<ssize_t>(n, 0));
  }
}

}  // namespace attune::service
