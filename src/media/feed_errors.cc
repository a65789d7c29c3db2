#include "media/feed_errors.h"

#include <fmt/format.h>

#include "core/redact.h"
#include "media/av.h"
#include "media/libav.h"

namespace attune::media {
namespace {

bool is_encrypted(const std::string& scheme) {
  return scheme == "https" || scheme == "rtmps" || scheme == "rtmpts" || scheme == "tls" ||
         scheme == "rtsps";
}

std::string advice(const LiveSource& source, int code) {
  const bool is_address = source.kind == LiveSource::Kind::kAddress;
  switch (code) {
    case AVERROR(ECONNREFUSED):
      return "is the server running, and is the port right?";
    case AVERROR_HTTP_UNAUTHORIZED:
    case AVERROR_HTTP_FORBIDDEN:
    case AVERROR(EACCES):
    case AVERROR(EPERM):
      return is_address ? "check user name, password and key in the address"
                        : "check that this user may read it";
    case AVERROR_HTTP_NOT_FOUND:
      return "is the path right, and is the feed published?";
    case AVERROR_STREAM_NOT_FOUND:
      return "is the path right, and is the feed published?";
    case AVERROR(ETIMEDOUT):
    case AVERROR(EHOSTUNREACH):
    case AVERROR(ENETUNREACH):
      return "can this machine reach the server?";
    case AVERROR(EADDRINUSE):
      return "another program listens there; name another port";
    case AVERROR(EADDRNOTAVAIL):
      return "this machine does not have that address";
    case AVERROR_INVALIDDATA:
      return "what it sends is none of the formats that feeds come in";
    case AVERROR(EINVAL):
      return "what it sends is no format that feeds come in, or an option is wrong";
    case AVERROR(EIO):
      if (is_encrypted(source.scheme)) {
        return "the server does not answer, or its TLS certificate is not trusted here (options "
               "ca_file, tls_verify)";
      }
      return "is the path right, and is the feed published?";
    default:
      return {};
  }
}

}  // namespace

std::string explain_feed_error(const LiveSource& source, int code) {
  const std::string text = redacted(av_error_text(code), source.location);
  const std::string what = advice(source, code);
  return what.empty() ? text : fmt::format("{}; {}", text, what);
}

}  // namespace attune::media
