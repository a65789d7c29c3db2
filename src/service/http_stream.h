#pragma once

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <string>

namespace attune::service {

/// Bounds of one connection, which carries one request.
struct HttpLimits {
  /// Request line and header fields together; body with its framing.
  std::size_t header_bytes = std::size_t{16} << 10;
  std::size_t body_bytes = std::size_t{80} << 10;
  /// For the whole request to arrive, and for any part of the answer to be taken.
  std::chrono::milliseconds request_time{10'000};
  std::chrono::milliseconds write_time{5'000};
  /// After the answer, so much of what the client still sends is read away for so long, lest the
  /// kernel resets the connection before the client has read the answer (RFC 9112, 9.6).
  std::chrono::milliseconds linger_time{1'000};
  std::size_t linger_bytes = std::size_t{16} << 20;
};

/// A connected socket for httplib, with limits that httplib 0.11 does not have: the length of the
/// header and the time for the whole request, not for each byte. Waits by poll(), so that
/// descriptors may have any number. Does not own the socket. For one thread; another may shut the
/// socket down, which ends all waiting.
class HttpStream final : public httplib::Stream {
 public:
  /// `answering` becomes true with the first byte of the answer.
  HttpStream(int socket, const HttpLimits& limits, std::atomic<bool>& answering);

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* data, size_t size) override;
  ssize_t write(const char* data, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  /// None: httplib asks in order to refuse what select() cannot wait for.
  socket_t socket() const override { return INVALID_SOCKET; }

  /// Says that the answer is whole, and reads away what the client still sends.
  void finish();

 private:
  /// False: end, failure, or over a limit.
  bool fill();

  int socket_;
  HttpLimits limits_;
  std::atomic<bool>& answering_;
  std::chrono::steady_clock::time_point request_deadline_;
  std::string buffer_;
  std::size_t taken_ = 0;
  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  /// Of the blank line that ends the header, how much has been seen.
  std::size_t blank_line_ = 0;
};

}  // namespace attune::service
