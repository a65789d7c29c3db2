#include "core/redact.h"

#include <algorithm>
#include <cctype>

namespace attune {
namespace {

constexpr const char* kHidden = "***";

/// Where the parts of an address lie; npos where a part is missing.
struct Parts {
  std::size_t authority = std::string::npos;
  std::size_t at = std::string::npos;
  std::size_t path = std::string::npos;
  std::size_t query = std::string::npos;
};

Parts take_apart(const std::string& address) {
  Parts parts;
  const auto scheme = address.find("://");
  if (scheme == std::string::npos || scheme == 0) return parts;
  parts.authority = scheme + 3;
  parts.query = address.find_first_of("?#", parts.authority);
  parts.path = address.find('/', parts.authority);
  if (parts.path > parts.query) parts.path = std::string::npos;
  const auto end = std::min({parts.path, parts.query, address.size()});
  const auto at = address.rfind('@', end == address.size() ? std::string::npos : end);
  if (at != std::string::npos && at >= parts.authority && at < end) parts.at = at;
  return parts;
}

bool is_rtmp(const std::string& address) { return address.starts_with("rtmp"); }

/// The last part of a path with at least two: application and stream key.
std::size_t stream_key(const std::string& address, const Parts& parts) {
  if (!is_rtmp(address) || parts.path == std::string::npos) return std::string::npos;
  const auto end = std::min(parts.query, address.size());
  const auto slash = address.rfind('/', end - 1);
  return slash > parts.path && slash + 1 < end ? slash + 1 : std::string::npos;
}

std::string hide_values(const std::string& query) {
  std::string result;
  bool hidden = false;
  for (const char c : query) {
    if (c == '?' || c == '&' || c == '#') {
      hidden = c == '#';
      result += c;
      if (hidden) result += kHidden;
    } else if (!hidden) {
      result += c;
      if (c == '=') {
        hidden = true;
        result += kHidden;
      }
    }
  }
  return result;
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  if (what.empty()) return;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

}  // namespace

std::string redacted(const std::string& address) {
  const Parts parts = take_apart(address);
  if (parts.authority == std::string::npos) return address;
  std::string result = address.substr(0, parts.authority);
  std::size_t from = parts.authority;
  if (parts.at != std::string::npos) {
    result += kHidden;
    from = parts.at;
  }
  const std::size_t query = std::min(parts.query, address.size());
  const std::size_t key = stream_key(address, parts);
  if (key != std::string::npos) {
    result += address.substr(from, key - from) + kHidden;
  } else {
    result += address.substr(from, query - from);
  }
  return result + hide_values(address.substr(query));
}

std::string redacted(std::string text, const std::string& address) {
  const Parts parts = take_apart(address);
  if (parts.authority == std::string::npos) return text;
  replace_all(text, address, redacted(address));
  if (parts.at != std::string::npos) {
    const std::string user = address.substr(parts.authority, parts.at - parts.authority);
    replace_all(text, user + "@", std::string(kHidden) + "@");
    const auto colon = user.find(':');
    if (colon != std::string::npos) replace_all(text, user.substr(colon + 1), kHidden);
  }
  if (parts.query != std::string::npos)
    replace_all(text, address.substr(parts.query), hide_values(address.substr(parts.query)));
  if (const std::size_t key = stream_key(address, parts); key != std::string::npos)
    replace_all(text, address.substr(key, std::min(parts.query, address.size()) - key), kHidden);
  return text;
}

std::string redacted_addresses(const std::string& text) {
  std::string result;
  std::size_t from = 0;
  for (auto at = text.find("://"); at != std::string::npos; at = text.find("://", from)) {
    std::size_t begin = at;
    while (begin > from && (std::isalnum(static_cast<unsigned char>(text[begin - 1])) != 0 ||
                            text[begin - 1] == '+'))
      --begin;
    const std::size_t end = std::min(text.find_first_of(" \t\n\"'<>,)", at), text.size());
    result += text.substr(from, begin - from) + redacted(text.substr(begin, end - begin));
    from = end;
  }
  return result + text.substr(from);
}

}  // namespace attune
