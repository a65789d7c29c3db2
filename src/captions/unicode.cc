#include "captions/unicode.h"

#include <unicode/brkiter.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>
#include <memory>

#include "core/error.h"

namespace attune::captions {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Calls `use(code point)` from first to last until it returns false; what is not UTF-8 is U+FFFD.
template <class Use>
void each_code_point(std::string_view text, Use use) {
  const auto length = static_cast<std::int64_t>(text.size());
  for (std::int64_t i = 0; i < length;) {
    UChar32 point = 0;
    U8_NEXT_OR_FFFD(text.data(), i, length, point);
    if (!use(point)) return;
  }
}

UChar32 first_of(std::string_view text) {
  UChar32 first = 0;
  each_code_point(text, [&](UChar32 point) {
    first = point;
    return false;
  });
  return first;
}

UChar32 last_of(std::string_view text) {
  UChar32 last = 0;
  each_code_point(text, [&](UChar32 point) {
    if (u_getCombiningClass(point) == 0) last = point;
    return true;
  });
  return last;
}

UScriptCode script_of(UChar32 point) {
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(point, &status);
  return U_SUCCESS(status) ? script : USCRIPT_UNKNOWN;
}

bool is_wide(UChar32 point) {
  const int width = u_getIntPropertyValue(point, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH;
}

/// Chinese and Japanese letters and the full-width punctuation that goes with them.
bool is_chinese_or_japanese(UChar32 point) {
  switch (script_of(point)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_BOPOMOFO:
      return true;
    case USCRIPT_COMMON:
      return is_wide(point) && (u_ispunct(point) || point == 0x30FC);  // the mark of a long vowel
    default:
      return false;
  }
}

bool is_southeast_asian(UChar32 point) {
  const UScriptCode script = script_of(point);
  return script == USCRIPT_THAI || script == USCRIPT_LAO || script == USCRIPT_KHMER ||
         script == USCRIPT_MYANMAR;
}

bool writes_no_spaces(UChar32 point) {
  return is_chinese_or_japanese(point) || is_southeast_asian(point);
}

enum class Boundary { kCharacter, kWord, kLine };

/// A break iterator of ICU for each thread and kind: they are costly to make and keep state.
icu::BreakIterator& break_iterator(Boundary boundary) {
  using Pointer = std::unique_ptr<icu::BreakIterator>;
  const auto make = [](auto* create) {
    UErrorCode status = U_ZERO_ERROR;
    Pointer made(create(icu::Locale::getRoot(), status));
    if (U_FAILURE(status))
      throw Error(ErrorKind::kInternal, "the data of the ICU library are missing");
    return made;
  };
  thread_local const Pointer characters = make(&icu::BreakIterator::createCharacterInstance);
  thread_local const Pointer words = make(&icu::BreakIterator::createWordInstance);
  thread_local const Pointer lines = make(&icu::BreakIterator::createLineInstance);
  return boundary == Boundary::kCharacter ? *characters
         : boundary == Boundary::kWord    ? *words
                                          : *lines;
}

/// Calls `use(part, status of the rule that ended it)` for the parts between boundaries.
template <class Use>
void each_part(std::string_view text, Boundary boundary, Use use) {
  UErrorCode status = U_ZERO_ERROR;
  UText* bytes =
      utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &status);
  if (U_FAILURE(status)) throw Error(ErrorKind::kInternal, "out of memory");
  const std::unique_ptr<UText, decltype(&utext_close)> closer(bytes, &utext_close);
  icu::BreakIterator& iterator = break_iterator(boundary);
  iterator.setText(bytes, status);
  std::int32_t start = iterator.first();
  for (std::int32_t end = iterator.next(); end != icu::BreakIterator::DONE; end = iterator.next()) {
    use(text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start)),
        iterator.getRuleStatus());
    start = end;
  }
}

int cluster_columns(std::string_view cluster) {
  bool visible = false;
  bool wide = false;
  each_code_point(cluster, [&](UChar32 point) {
    const int type = u_charType(point);
    visible = visible || (type != U_CONTROL_CHAR && type != U_FORMAT_CHAR);
    wide = wide || is_wide(point);
    return true;
  });
  return visible ? (wide ? 2 : 1) : 0;
}

/// Offset of the first letter or digit.
std::size_t first_letter(std::string_view text) {
  const auto length = static_cast<std::int64_t>(text.size());
  for (std::int64_t i = 0; i < length;) {
    const std::int64_t start = i;
    UChar32 point = 0;
    U8_NEXT_OR_FFFD(text.data(), i, length, point);
    if (u_isalnum(point)) return static_cast<std::size_t>(start);
  }
  return text.size();
}

std::vector<std::size_t> boundaries(std::string_view text, Boundary boundary) {
  std::vector<std::size_t> ends;
  each_part(text, boundary, [&](std::string_view part, int) {
    ends.push_back(static_cast<std::size_t>(part.data() - text.data()) + part.size());
  });
  return ends;
}

}  // namespace

WritingSystem writing_system(std::string_view text) {
  if (is_ascii(text)) return WritingSystem::kAlphabetic;
  int han = 0;
  int kana = 0;
  int hangul = 0;
  int others = 0;
  each_code_point(text, [&](UChar32 point) {
    switch (script_of(point)) {
      case USCRIPT_HAN:
      case USCRIPT_BOPOMOFO:
        ++han;
        break;
      case USCRIPT_HIRAGANA:
      case USCRIPT_KATAKANA:
        ++kana;
        break;
      case USCRIPT_HANGUL:
        ++hangul;
        break;
      default:
        others += u_isalpha(point) ? 1 : 0;
    }
    return true;
  });
  const int wide = han + kana + hangul;
  if (wide == 0 || wide < others) return WritingSystem::kAlphabetic;
  if (hangul >= han + kana) return WritingSystem::kKorean;
  return kana > 0 ? WritingSystem::kJapanese : WritingSystem::kChinese;
}

int columns(std::string_view text) {
  if (is_ascii(text)) {
    return static_cast<int>(
        std::count_if(text.begin(), text.end(), [](char c) { return c >= 0x20 && c != 0x7F; }));
  }
  int sum = 0;
  each_part(text, Boundary::kCharacter,
            [&](std::string_view cluster, int) { sum += cluster_columns(cluster); });
  return sum;
}

int word_count(std::string_view text) {
  int count = 0;
  each_part(text, Boundary::kWord,
            [&](std::string_view, int status) { count += status >= UBRK_WORD_NONE_LIMIT; });
  return count;
}

std::string capitalized(std::string_view text) {
  const std::size_t at = first_letter(text);
  if (at == text.size()) return std::string(text);
  const std::string_view rest = text.substr(at);
  std::int64_t length = 0;
  UChar32 point = 0;
  U8_NEXT_OR_FFFD(rest.data(), length, static_cast<std::int64_t>(rest.size()), point);
  std::string result(text.substr(0, at));
  if (point == 0xFFFD || u_totitle(point) == point) return std::string(text);
  icu::UnicodeString(u_totitle(point)).toUTF8String(result);
  return result.append(rest.substr(static_cast<std::size_t>(length)));
}

std::string lower_case(std::string_view text) {
  std::string result;
  const icu::StringPiece bytes(text.data(), static_cast<std::int32_t>(text.size()));
  icu::UnicodeString::fromUTF8(bytes).toLower(icu::Locale::getRoot()).toUTF8String(result);
  return result;
}

bool has_capital(std::string_view text) {
  bool found = false;
  each_code_point(text, [&](UChar32 point) {
    found = u_isupper(point) || u_istitle(point);
    return !found;
  });
  return found;
}

bool is_capitalized(std::string_view text) {
  int index = 0;
  bool result = false;
  each_code_point(text.substr(first_letter(text)), [&](UChar32 point) {
    if (u_getCombiningClass(point) != 0) return true;
    if (index == 0) {
      result = u_isupper(point) || u_istitle(point);
    } else {
      result = result && !u_isupper(point) && !u_isdigit(point);
    }
    return ++index < 2;
  });
  return result;
}

bool is_right_to_left(std::string_view text) {
  bool result = false;
  each_code_point(text, [&](UChar32 point) {
    const UCharDirection direction = u_charDirection(point);
    result = direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC;
    return !result && direction != U_LEFT_TO_RIGHT;
  });
  return result;
}

bool has_control_character(std::string_view text) {
  bool found = false;
  each_code_point(text, [&](UChar32 point) {
    found = u_charType(point) == U_CONTROL_CHAR;
    return !found;
  });
  return found;
}

bool joined_by_space(std::string_view before, std::string_view after) {
  if (before.empty() || after.empty()) return false;
  const UChar32 last = last_of(before);
  const UChar32 first = first_of(after);
  const bool korean = script_of(last) == USCRIPT_HANGUL || script_of(first) == USCRIPT_HANGUL;
  if (is_chinese_or_japanese(last) || is_chinese_or_japanese(first)) return korean;
  return !(is_southeast_asian(last) && is_southeast_asian(first));
}

bool starts_with_hiragana(std::string_view text) {
  return script_of(first_of(text)) == USCRIPT_HIRAGANA;
}

bool starts_without_spaces(std::string_view text) {
  return writes_no_spaces(first_of(text));
}

bool ends_without_spaces(std::string_view text) {
  return writes_no_spaces(last_of(text));
}

std::vector<std::string> break_opportunities(std::string_view text) {
  bool spaceless = false;
  if (!is_ascii(text)) {
    each_code_point(text, [&](UChar32 point) {
      spaceless = writes_no_spaces(point);
      return !spaceless;
    });
  }
  if (!spaceless) return {std::string(text)};
  const std::vector<std::size_t> words = boundaries(text, Boundary::kWord);
  std::vector<std::string> parts;
  std::size_t start = 0;
  for (const std::size_t end : boundaries(text, Boundary::kLine)) {
    if (!std::binary_search(words.begin(), words.end(), end)) continue;
    parts.emplace_back(text.substr(start, end - start));
    start = end;
  }
  return parts;
}

std::vector<std::string> cut_to_columns(std::string_view text, int width) {
  std::vector<std::string> parts(1);
  int used = 0;
  each_part(text, Boundary::kCharacter, [&](std::string_view cluster, int) {
    const int wide = cluster_columns(cluster);
    if (used + wide > width && !parts.back().empty()) {
      parts.emplace_back();
      used = 0;
    }
    parts.back() += cluster;
    used += wide;
  });
  return parts;
}

}  // namespace attune::captions
