#pragma once

#include <httplib.h>

#include <functional>
#include <string>
#include <vector>

#include "service/http_access.h"

namespace attune::service {

/// A request that may be answered.
struct HttpCall {
  const httplib::Request& request;
  /// What stands in the place of '*' in the path.
  std::string feed;
  /// Of POST.
  std::string body;
};

/// Throws HttpRefusal or attune::Error; reply_exception() answers.
using HttpHandler = std::function<void(const HttpCall&, httplib::Response&)>;

/// What is asked how, and who may: every request passes here before any of its body is read. A
/// path without route is 404, another method 405, a body that is not JSON 415, and one over 64 KiB
/// 413, at once where it says its length. Routes are set before the first request.
class HttpRouter {
 public:
  explicit HttpRouter(HttpAccess access) : access_(std::move(access)) {}

  /// GET also answers HEAD. `path` has at most one '*', for one part: "/feeds/*/events".
  void add(std::string method, std::string path, HttpPermission permission, HttpHandler handler);

  /// Makes `server` answer by these routes. The router must outlive it.
  void attach(httplib::Server& server);

  const HttpAccess& access() const { return access_; }

 private:
  struct Route {
    std::string method;
    std::string path;
    HttpPermission permission;
    HttpHandler handler;
  };
  struct Found {
    const Route* route;
    std::string feed;
  };

  Found find(const httplib::Request& request, httplib::Response& response) const;
  Found admit(const httplib::Request& request, httplib::Response& response) const;
  void receive(const httplib::Request& request, httplib::Response& response,
               const httplib::ContentReader& reader) const;

  HttpAccess access_;
  std::vector<Route> routes_;
};

}  // namespace attune::service
