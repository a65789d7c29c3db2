#include "captions/utf8.h"

namespace attune::captions {
namespace {

unsigned char byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

bool is_continuation(unsigned char byte) {
  return (byte & 0xC0) == 0x80;
}

/// Bytes of the code point that starts at i; 1 where the bytes are not UTF-8.
std::size_t length_at(std::string_view text, std::size_t i) {
  const unsigned char lead = byte_at(text, i);
  const std::size_t length = lead < 0xC2   ? 1
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 1;
  for (std::size_t k = 1; k < length; ++k) {
    if (!is_continuation(byte_at(text, i + k))) return 1;
  }
  return length;
}

/// U+0300 to U+036F: CC 80 to CC BF, CD 80 to CD AF.
bool is_combining(std::string_view text, std::size_t i) {
  const unsigned char second = byte_at(text, i + 1);
  return byte_at(text, i) == 0xCC || (byte_at(text, i) == 0xCD && second <= 0xAF);
}

bool is_latin1_lower(unsigned char second) {
  return second >= 0xA0 && second <= 0xBE && second != 0xB7;
}
bool is_latin1_upper(unsigned char second) {
  return second >= 0x80 && second <= 0x9E && second != 0x97;
}

}  // namespace

int character_count(std::string_view text) {
  int count = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = length_at(text, i);
    if (!(length == 2 && is_combining(text, i))) ++count;
    i += length;
  }
  return count;
}

std::string capitalized(std::string_view text) {
  std::string result(text);
  if (text.empty()) return result;
  if (text[0] >= 'a' && text[0] <= 'z') {
    result[0] = static_cast<char>(text[0] - 'a' + 'A');
  } else if (byte_at(text, 0) == 0xC3 && is_latin1_lower(byte_at(text, 1))) {
    result[1] = static_cast<char>(byte_at(text, 1) - 0x20);
  }
  return result;
}

bool has_capital(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] >= 'A' && text[i] <= 'Z') return true;
    if (byte_at(text, i) == 0xC3 && is_latin1_upper(byte_at(text, i + 1))) return true;
  }
  return false;
}

std::string ascii_lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string single_line(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return result;
}

}  // namespace attune::captions
