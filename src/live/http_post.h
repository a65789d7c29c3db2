#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/time.h"

namespace attune::live {

struct HttpPostOptions {
  std::string url;
  std::string bearer_token;
  std::string ca_file;
  Duration connect_timeout{};
  Duration answer_timeout{};
};

struct HttpAnswer {
  /// 0: there was none; `problem` says why, without secrets.
  int status = 0;
  std::string problem = {};
  /// What the answer asks to wait before the next try.
  std::optional<Duration> retry_after = {};
  /// Where a 3xx points, without secrets.
  std::string location = {};
};

/// POST requests to one address over a connection that is kept (libcurl): http and https, no
/// redirects, certificates checked. For one thread, but cancel() may come from any.
class HttpPost {
 public:
  /// Throws Error(kUsage) for an address, token or certificate file that cannot be used.
  explicit HttpPost(HttpPostOptions options);
  ~HttpPost();
  HttpPost(const HttpPost&) = delete;
  HttpPost& operator=(const HttpPost&) = delete;

  /// Sends `body` with these headers ("Name: value") and waits for the answer, which is read and
  /// thrown away. Ends within the timeouts, or soon after `is_over` says true; that is asked at
  /// least every half second, and at once after wake().
  HttpAnswer post(const std::string& body, const std::vector<std::string>& headers,
                  const std::function<bool()>& is_over);
  /// Makes a post() under way ask `is_over` now. Thread-safe.
  void wake();

 private:
  struct Handles;
  HttpAnswer answer_of(int curl_code) const;
  HttpPostOptions options_;
  std::unique_ptr<Handles> handles_;
};

}  // namespace attune::live
