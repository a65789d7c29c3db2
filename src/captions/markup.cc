#include "captions/markup.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace attune::captions {
namespace {

using Reference = std::pair<std::string_view, std::string_view>;
constexpr std::array<Reference, 8> kReferences = {{{"amp", "&"},
                                                   {"lt", "<"},
                                                   {"gt", ">"},
                                                   {"quot", "\""},
                                                   {"apos", "'"},
                                                   {"nbsp", "\u00A0"},
                                                   {"lrm", "\u200E"},
                                                   {"rlm", "\u200F"}}};

std::string utf8(std::uint32_t code) {
  std::string bytes;
  const auto put = [&bytes](std::uint32_t byte) { bytes += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
  return bytes;
}

/// What the reference `name` (between & and ;) stands for; empty when it is none.
std::string resolved(std::string_view name) {
  for (const auto& [known, text] : kReferences) {
    if (name == known) return std::string(text);
  }
  if (!name.starts_with('#')) return {};
  const bool hexadecimal = name.starts_with("#x") || name.starts_with("#X");
  name.remove_prefix(hexadecimal ? 2 : 1);
  std::uint32_t code = 0;
  const char* end = name.data() + name.size();
  const auto [rest, status] = std::from_chars(name.data(), end, code, hexadecimal ? 16 : 10);
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  if (status != std::errc() || rest != end || code == 0 || code > 0x10FFFF || surrogate) return {};
  return utf8(code);
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else {
      result += c;
    }
  }
  return result;
}

std::string plain(std::string_view markup) {
  std::string result;
  for (std::size_t i = 0; i < markup.size(); ++i) {
    if (markup[i] == '<') {
      const std::size_t close = markup.find('>', i);
      if (close == std::string_view::npos) break;
      i = close;
    } else if (markup[i] == '&') {
      const std::size_t close = markup.find(';', i);
      const bool near = close != std::string_view::npos && close - i < 12;
      const std::string text = near ? resolved(markup.substr(i + 1, close - i - 1)) : std::string();
      result += text.empty() ? "&" : text;
      if (!text.empty()) i = close;
    } else {
      result += markup[i];
    }
  }
  return result;
}

}  // namespace attune::captions
