#include "service/http_reply.h"

#include <nlohmann/json.hpp>

#include "core/log.h"

namespace attune::service {

void reply_json(httplib::Response& response, int status, const nlohmann::json& content) {
  // A name that is not UTF-8 must not make the whole answer fail.
  const auto replace = nlohmann::json::error_handler_t::replace;
  response.status = status;
  response.set_content(content.dump(-1, ' ', false, replace) + "\n", "application/json");
}

void reply_error(httplib::Response& response, int status, const std::string& message) {
  reply_json(response, status, {{"error", message}});
}

int http_status(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
    case ErrorKind::kConfig:
    case ErrorKind::kInput:
    case ErrorKind::kModel:
      return 400;
    case ErrorKind::kOutput:
    case ErrorKind::kTryLater:
    case ErrorKind::kStopped:
      return 503;
    case ErrorKind::kInternal:
      return 500;
  }
  return 500;
}

void reply_exception(httplib::Response& response, std::exception_ptr exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const HttpRefusal& refusal) {
    reply_error(response, refusal.status(), refusal.what());
  } catch (const Error& error) {
    reply_error(response, http_status(error.kind()), error.what());
  } catch (const std::exception& error) {
    log()->error("A request failed by a defect: {}", error.what());
    reply_error(response, 500, "A defect of attune; its log says more.");
  }
}

}  // namespace attune::service
