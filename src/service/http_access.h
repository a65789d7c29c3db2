#pragma once

#include <httplib.h>

#include <string>

namespace attune::service {

/// Who may ask for something.
enum class HttpPermission {
  /// Anyone who can connect: whether the process lives, and what holds no secret.
  kAnyone,
  /// Who has the token, as "Authorization: Bearer …" or in the page's cookie.
  kRead,
  /// The same, or "?token=…" in the address: how a person opens a page.
  kPage,
  /// Who has the token as "Authorization: Bearer …". No cookie: browsers send those unasked.
  kChange,
};

/// Keeps out who must not. Without a token everybody on this machine may ask, but no web page that
/// happens to be open in a browser on it: one whose name was made to mean this machine (DNS
/// rebinding) sends another Host, and one of another origin cannot send JSON without a preflight,
/// which is never granted. Immutable.
class HttpAccess {
 public:
  /// `token` empty: none is asked for, which only a loopback address may do. `host` and `port`
  /// are those listened at.
  HttpAccess(std::string token, bool loopback, std::string host, int port);

  /// Throws HttpRefusal: 401 without the token, 421 for another host's name, 403 for a change that
  /// a page of another origin asks for, 400 without a Host.
  void check(const httplib::Request& request, HttpPermission permission) const;

  /// Whether the request shows the token, or none is needed.
  bool is_authorised(const httplib::Request& request, HttpPermission permission) const;

  /// Lets the page that this answers go on without the token in its address.
  void set_cookie(const httplib::Request& request, httplib::Response& response) const;

 private:
  void check_host(const httplib::Request& request) const;

  std::string token_;
  bool loopback_;
  std::string host_;
  std::string cookie_name_;
  /// Made from the token, which the cookie does not tell.
  std::string cookie_value_;
};

/// Characters that may stand in a header unquoted: b64token of RFC 6750, 2.1.
bool is_bearer_token(const std::string& text);

}  // namespace attune::service
