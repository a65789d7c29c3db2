#include "service/http_access.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cctype>
#include <span>
#include <string_view>

#include "core/sha256.h"
#include "service/http_reply.h"

namespace attune::service {
namespace {

constexpr std::string_view kBearer = "bearer ";

std::string digest_of(const std::string& text) {
  return sha256(std::as_bytes(std::span(text)));
}

/// Takes equally long wherever the two differ, and whatever their lengths.
bool is_same_secret(const std::string& given, const std::string& wanted) {
  const std::string a = digest_of(given);
  const std::string b = digest_of(wanted);
  return CRYPTO_memcmp(a.data(), b.data(), b.size()) == 0;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// "localhost:8080" and "[::1]:8080" without the port, in lower case.
std::string host_name(const std::string& host) {
  const auto colon = host.rfind(':');
  const auto bracket = host.rfind(']');
  const bool has_port =
      colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  return lower_case(has_port ? host.substr(0, colon) : host);
}

/// The value of a cookie (RFC 6265, 4.2.1); empty where there is none.
std::string cookie_of(const httplib::Request& request, const std::string& name) {
  const std::string header = request.get_header_value("Cookie");
  std::string_view rest = header;
  while (!rest.empty()) {
    const auto end = rest.find(';');
    std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
      return std::string(pair.substr(name.size() + 1));
  }
  return "";
}

std::string bearer_of(const httplib::Request& request) {
  const std::string header = request.get_header_value("Authorization");
  return lower_case(header.substr(0, kBearer.size())) == kBearer ? header.substr(kBearer.size())
                                                                 : "";
}

}  // namespace

bool is_bearer_token(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c < 128 && (std::isalnum(c) || std::string_view("-._~+/=").find(static_cast<char>(c)) !=
                                              std::string_view::npos);
  });
}

HttpAccess::HttpAccess(std::string token, bool loopback, std::string host, int port)
    : token_(std::move(token)),
      loopback_(loopback),
      host_(lower_case(std::move(host))),
      cookie_name_(fmt::format("attune_{}", port)),
      cookie_value_(digest_of("attune page " + token_)) {}

void HttpAccess::check(const httplib::Request& request, HttpPermission permission) const {
  check_host(request);
  if (permission == HttpPermission::kChange) {
    const std::string site = request.get_header_value("Sec-Fetch-Site");
    if (site == "cross-site" || site == "same-site")
      throw HttpRefusal(403, "A page of another site may not change feeds.");
  }
  if (is_authorised(request, permission)) return;
  const bool is_wrong = request.has_header("Authorization") || request.has_param("token");
  throw HttpRefusal(
      401, fmt::format("{} Send the service's token as \"Authorization: Bearer TOKEN\"{}.",
                       is_wrong ? "This is not the service's token." : "A token is needed.",
                       permission == HttpPermission::kPage
                           ? ", or open the page with ?token=TOKEN in its address"
                           : ""));
}

bool HttpAccess::is_authorised(const httplib::Request& request, HttpPermission permission) const {
  if (token_.empty() || permission == HttpPermission::kAnyone) return true;
  if (const std::string given = bearer_of(request); !given.empty())
    return is_same_secret(given, token_);
  if (permission == HttpPermission::kChange) return false;
  if (permission == HttpPermission::kPage && request.has_param("token"))
    return is_same_secret(request.get_param_value("token"), token_);
  const std::string cookie = cookie_of(request, cookie_name_);
  return !cookie.empty() && is_same_secret(cookie, cookie_value_);
}

void HttpAccess::set_cookie(const httplib::Request& request, httplib::Response& response) const {
  if (token_.empty() || !request.has_param("token")) return;
  response.set_header("Set-Cookie", fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict",
                                                cookie_name_, cookie_value_));
}

void HttpAccess::check_host(const httplib::Request& request) const {
  if (!loopback_) return;
  const std::string host = request.get_header_value("Host");
  if (host.empty()) {
    if (request.version == "HTTP/1.0") return;
    throw HttpRefusal(400, "The request has no Host.");
  }
  const std::string name = host_name(host);
  if (name == "localhost" || name == "127.0.0.1" || name == "[::1]" || name == host_) return;
  throw HttpRefusal(421,
                    fmt::format("This service answers at localhost only, not as \"{}\".", name));
}

}  // namespace attune::service
