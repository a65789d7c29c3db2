#include "service/http_router.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string_view>

#include "service/http_reply.h"

namespace attune::service {
namespace {

using Handled = httplib::Server::HandlerResponse;

constexpr std::size_t kMostBody = std::size_t{64} << 10;
constexpr const char* kBodyTooLong = "The body is longer than 64 KiB.";

/// The part of `path` in place of '*', where `pattern` fits; empty where it has no '*'.
std::optional<std::string> match_path(std::string_view pattern, std::string_view path) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos)
    return pattern == path ? std::optional<std::string>("") : std::nullopt;
  const std::string_view before = pattern.substr(0, star);
  const std::string_view after = pattern.substr(star + 1);
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) ||
      !path.ends_with(after))
    return std::nullopt;
  const std::string_view part =
      path.substr(before.size(), path.size() - before.size() - after.size());
  if (part.find('/') != std::string_view::npos) return std::nullopt;
  return std::string(part);
}

/// Before the body is read.
void check_body(const httplib::Request& request) {
  std::string type = request.get_header_value("Content-Type");
  type = type.substr(0, type.find_first_of("; "));
  if (type != "application/json")
    throw HttpRefusal(415, "The body must be JSON: send \"Content-Type: application/json\".");
  if (request.has_header("Content-Encoding"))
    throw HttpRefusal(415, "The body must not be compressed.");
  if (request.has_header("Transfer-Encoding")) return;
  const std::string length = request.get_header_value("Content-Length");
  std::size_t bytes = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bytes);
  if (length.empty() || error == std::errc::invalid_argument ||
      end != length.data() + length.size())
    throw HttpRefusal(400, "A JSON body and its Content-Length are needed.");
  if (error == std::errc::result_out_of_range || bytes > kMostBody)
    throw HttpRefusal(413, kBodyTooLong);
}

/// What httplib itself refuses.
std::string reason_of(int status) {
  switch (status) {
    case 414:
      return "The address is too long.";
    case 400:
      return "The request cannot be read.";
    case 404:
      return "There is nothing here.";
    default:
      return fmt::format("The request cannot be answered (status {}).", status);
  }
}

}  // namespace

void HttpRouter::add(std::string method, std::string path, HttpPermission permission,
                     HttpHandler handler) {
  routes_.push_back({std::move(method), std::move(path), permission, std::move(handler)});
}

void HttpRouter::attach(httplib::Server& server) {
  server.set_default_headers({{"Cache-Control", "no-store"},
                              {"X-Content-Type-Options", "nosniff"},
                              {"X-Frame-Options", "DENY"},
                              {"Referrer-Policy", "no-referrer"},
                              {"Cross-Origin-Resource-Policy", "same-origin"}});
  server.set_exception_handler(
      [](const httplib::Request&, httplib::Response& response, std::exception_ptr exception) {
        reply_exception(response, std::move(exception));
      });
  server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (response.body.empty()) reply_error(response, response.status, reason_of(response.status));
  });
  server.set_expect_100_continue_handler(
      [this](const httplib::Request& request, httplib::Response& response) {
        try {
          admit(request, response);
          return 100;
        } catch (...) {
          reply_exception(response, std::current_exception());
          return response.status;
        }
      });
  server.set_pre_routing_handler(
      [this](const httplib::Request& request, httplib::Response& response) {
        const Found found = admit(request, response);
        if (request.method == "POST") return Handled::Unhandled;
        found.route->handler({request, found.feed, ""}, response);
        return Handled::Handled;
      });
  server.Post(".*",
              [this](const httplib::Request& request, httplib::Response& response,
                     const httplib::ContentReader& reader) { receive(request, response, reader); });
}

HttpRouter::Found HttpRouter::find(const httplib::Request& request,
                                   httplib::Response& response) const {
  const std::string& method = request.method == "HEAD" ? "GET" : request.method;
  std::string allowed;
  for (const Route& route : routes_) {
    const auto feed = match_path(route.path, request.path);
    if (!feed) continue;
    if (route.method == method) return {&route, *feed};
    allowed += (allowed.empty() ? "" : ", ") + route.method;
    if (route.method == "GET") allowed += ", HEAD";
  }
  if (allowed.empty()) throw HttpRefusal(404, reason_of(404));
  response.set_header("Allow", allowed);
  throw HttpRefusal(405, fmt::format("{} is not possible here, only {}.", request.method, allowed));
}

HttpRouter::Found HttpRouter::admit(const httplib::Request& request,
                                    httplib::Response& response) const {
  Found found{};
  // What there is and what not is told to those alone who may ask.
  HttpPermission permission = HttpPermission::kRead;
  std::exception_ptr missing;
  try {
    found = find(request, response);
    permission = found.route->permission;
  } catch (const HttpRefusal&) {
    missing = std::current_exception();
  }
  try {
    access_.check(request, permission);
  } catch (const HttpRefusal& refusal) {
    if (refusal.status() == 401) response.set_header("WWW-Authenticate", "Bearer");
    throw;
  }
  if (missing) std::rethrow_exception(missing);
  if (request.method == "POST") check_body(request);
  return found;
}

void HttpRouter::receive(const httplib::Request& request, httplib::Response& response,
                         const httplib::ContentReader& reader) const {
  std::string body;
  bool is_too_long = false;
  const bool is_whole = reader([&](const char* data, std::size_t size) {
    is_too_long = body.size() + size > kMostBody;
    if (!is_too_long) body.append(data, size);
    return !is_too_long;
  });
  if (is_too_long) throw HttpRefusal(413, kBodyTooLong);
  if (!is_whole) throw HttpRefusal(400, "The body breaks off.");
  const Found found = find(request, response);
  found.route->handler({request, found.feed, std::move(body)}, response);
}

}  // namespace attune::service
