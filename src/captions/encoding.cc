#include "captions/encoding.h"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "core/error.h"

namespace attune::captions {
namespace {

/// Bytes of the well-formed character at the start of `text`; 0 when there is none.
std::size_t character_length(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead < 0xC2   ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0) return 0;
  const unsigned lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < lowest || byte(1) > highest) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  return length;
}

std::size_t line_of(std::string_view text, std::size_t position) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(position);
  return 1 + static_cast<std::size_t>(std::count(text.begin(), end, '\n'));
}

using Mark = std::pair<std::string_view, const char*>;
/// UTF-32 before UTF-16, whose mark begins alike.
constexpr std::array<Mark, 5> kMarks = {{{std::string_view("\xFF\xFE\0\0", 4), "UTF-32LE"},
                                         {std::string_view("\0\0\xFE\xFF", 4), "UTF-32BE"},
                                         {"\xFF\xFE", "UTF-16LE"},
                                         {"\xFE\xFF", "UTF-16BE"},
                                         {"\xEF\xBB\xBF", "UTF-8"}}};

/// In the declaration at the start of an XML file; empty when there is none.
std::string declared_encoding(std::string_view text) {
  if (!text.starts_with("<?xml")) return {};
  const std::string_view declaration = text.substr(0, text.find("?>"));
  const std::size_t name = declaration.find("encoding");
  if (name == std::string_view::npos) return {};
  const std::size_t open = declaration.find_first_of("'\"", name);
  if (open == std::string_view::npos) return {};
  const std::size_t close = declaration.find(declaration[open], open + 1);
  if (close == std::string_view::npos) return {};
  const std::string encoding(declaration.substr(open + 1, close - open - 1));
  // The declaration could be read byte by byte, so it was recoded and speaks of the past.
  return encoding.starts_with("UTF-16") || encoding.starts_with("utf-16") ? "" : encoding;
}

class Converter {
 public:
  explicit Converter(const std::string& from)
      : from_(from), handle_(iconv_open("UTF-8", from.c_str())) {
    if (handle_ == kNone)
      throw Error(ErrorKind::kUsage,
                  fmt::format("'{}' is no text encoding; `iconv -l` lists their names", from));
  }
  ~Converter() { iconv_close(handle_); }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  std::string convert(std::string& bytes) {
    std::string text;
    std::array<char, 1 << 16> piece{};
    char* in = bytes.data();
    std::size_t left = bytes.size();
    while (left > 0) {
      char* out = piece.data();
      std::size_t room = piece.size();
      const std::size_t status = iconv(handle_, &in, &left, &out, &room);
      text.append(piece.data(), piece.size() - room);
      if (status == static_cast<std::size_t>(-1) && errno != E2BIG) fail(bytes.size() - left, text);
    }
    return text;
  }

 private:
  static inline const iconv_t kNone = reinterpret_cast<iconv_t>(-1);

  [[noreturn]] void fail(std::size_t position, std::string_view text) const {
    throw Error(ErrorKind::kInput, fmt::format("line {}: byte {} of the file is not {}",
                                               line_of(text, text.size()), position + 1, from_));
  }

  std::string from_;
  iconv_t handle_;
};

void require_utf8(std::string_view text) {
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos)
    throw Error(ErrorKind::kInput,
                fmt::format("line {}: byte {} of the file is 0: no text, or UTF-16 without its "
                            "mark; then --encoding UTF-16LE reads it",
                            line_of(text, zero), zero + 1));
  const std::optional<std::size_t> wrong = invalid_utf8(text);
  if (!wrong) return;
  throw Error(
      ErrorKind::kInput,
      fmt::format("line {}: byte {} of the file (0x{:02X}) is not UTF-8; name the encoding "
                  "with --encoding, WINDOWS-1252 for example",
                  line_of(text, *wrong), *wrong + 1, static_cast<unsigned char>(text[*wrong])));
}

bool is_utf8_name(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c; });
  return name == "UTF-8" || name == "UTF8" || name == "US-ASCII" || name == "ASCII";
}

}  // namespace

std::optional<std::size_t> invalid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text.substr(i, 4));
    if (length == 0) return i;
    i += length;
  }
  return std::nullopt;
}

std::string valid_utf8(std::string_view text) {
  std::string result;
  while (const std::optional<std::size_t> wrong = invalid_utf8(text)) {
    result += text.substr(0, *wrong);
    result += "\uFFFD";
    text.remove_prefix(*wrong + 1);
  }
  result += text;
  return result;
}

std::string decode_text(std::string bytes, const std::string& encoding) {
  std::string name = encoding;
  for (const auto& [mark, of] : kMarks) {
    if (!bytes.starts_with(mark)) continue;
    if (name.empty()) {
      name = of;
      bytes.erase(0, mark.size());
    }
    break;
  }
  if (name.empty()) name = declared_encoding(bytes);
  if (!name.empty() && !is_utf8_name(name)) return Converter(name).convert(bytes);
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.erase(0, 3);
  require_utf8(bytes);
  return bytes;
}

}  // namespace attune::captions
