#include "models/whisper/utf8_text.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>

namespace attune::models::whisper {
namespace {

/// Calls visit(code point or negative, begin, size) for each character or broken sequence, until it
/// returns false.
template <class Visit>
void for_each_character(std::string_view text, Visit&& visit) {
  const auto length = static_cast<std::int64_t>(text.size());
  for (std::int64_t next = 0; next < length;) {
    const std::int64_t begin = next;
    UChar32 c = 0;
    U8_NEXT(text.data(), next, length, c);
    if (!visit(c, static_cast<std::size_t>(begin), static_cast<std::size_t>(next - begin))) return;
  }
}

}  // namespace

bool ends_within_character(std::string_view bytes) {
  const auto is_continuation = [](unsigned char byte) { return (byte & 0xC0) == 0x80; };
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, bytes.size()); ++back) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
    if (is_continuation(byte)) continue;
    const std::size_t needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 ? 2 : 1;
    return byte <= 0xF4 && needed > back;
  }
  return false;
}

std::string valid_utf8(std::string_view bytes) {
  std::string text;
  for_each_character(bytes, [&](UChar32 c, std::size_t begin, std::size_t size) {
    text += c < 0 ? kReplacement : bytes.substr(begin, size);
    return true;
  });
  return text;
}

std::string_view trimmed(std::string_view text) {
  std::size_t first = text.size();
  std::size_t last = 0;
  for_each_character(text, [&](UChar32 c, std::size_t begin, std::size_t size) {
    if (c >= 0 && u_isUWhiteSpace(c)) return true;
    first = std::min(first, begin);
    last = begin + size;
    return true;
  });
  return last == 0 ? std::string_view() : text.substr(first, last - first);
}

bool is_punctuation(std::string_view text) {
  bool all = !text.empty();
  for_each_character(text, [&](UChar32 c, std::size_t, std::size_t) {
    all = c >= 0 && (U_GET_GC_MASK(c) & (U_GC_P_MASK | U_GC_S_MASK)) != 0;
    return all;
  });
  return all;
}

bool is_opening_punctuation(std::string_view text) {
  constexpr std::string_view kAmbiguous = "\"'-\xC2\xBF\xC2\xA1";  // also inverted ? and !
  bool opening = !text.empty();
  for_each_character(text, [&](UChar32 c, std::size_t begin, std::size_t size) {
    opening = c >= 0 && ((U_GET_GC_MASK(c) & (U_GC_PS_MASK | U_GC_PI_MASK | U_GC_PD_MASK)) != 0 ||
                         kAmbiguous.find(text.substr(begin, size)) != std::string_view::npos);
    return opening;
  });
  return opening;
}

}  // namespace attune::models::whisper
