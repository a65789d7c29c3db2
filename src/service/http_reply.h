#pragma once

#include <httplib.h>

#include <nlohmann/json_fwd.hpp>
#include <stdexcept>
#include <string>

#include "core/error.h"

namespace attune::service {

/// A request that is refused: status of HTTP, and a sentence that says why and what to do.
class HttpRefusal : public std::runtime_error {
 public:
  HttpRefusal(int status, const std::string& message)
      : std::runtime_error(message), status_(status) {}
  int status() const { return status_; }

 private:
  int status_;
};

void reply_json(httplib::Response& response, int status, const nlohmann::json& content);

/// {"error": message}.
void reply_error(httplib::Response& response, int status, const std::string& message);

/// What came of a request that threw: HttpRefusal as it says, attune::Error as its kind deserves,
/// anything else 500 without its text, which goes to the log.
void reply_exception(httplib::Response& response, std::exception_ptr exception);

/// | kind                               | status |
/// | ---------------------------------- | ------ |
/// | kUsage, kConfig, kInput, kModel    | 400    |
/// | kOutput, kTryLater, kStopped       | 503    |
/// | kInternal                          | 500    |
int http_status(ErrorKind kind);

}  // namespace attune::service
