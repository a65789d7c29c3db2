#include "search/tokens.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <cstdint>

#include "core/error.h"

namespace attune::search {
namespace {

const icu::Normalizer2& case_folding() {
  static const icu::Normalizer2& instance = [&]() -> const icu::Normalizer2& {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* found = icu::Normalizer2::getNFKCCasefoldInstance(status);
    if (U_FAILURE(status) || found == nullptr)
      throw Error(ErrorKind::kInternal, "the ICU library's normalization data are missing");
    return *found;
  }();
  return instance;
}

const icu::Normalizer2& decomposition() {
  static const icu::Normalizer2& instance = [&]() -> const icu::Normalizer2& {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* found = icu::Normalizer2::getNFDInstance(status);
    if (U_FAILURE(status) || found == nullptr)
      throw Error(ErrorKind::kInternal, "the ICU library's normalization data are missing");
    return *found;
  }();
  return instance;
}

UScriptCode script_of(UChar32 point) {
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(point, &status);
  return U_SUCCESS(status) ? script : USCRIPT_UNKNOWN;
}

constexpr UChar32 kProlongedSoundMark = 0x30FC;
constexpr UChar32 kCyrillicIo = 0x0451;

bool stands_alone(UChar32 point, UScriptCode script) {
  switch (script) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_BOPOMOFO:
    case USCRIPT_HANGUL:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR:
    case USCRIPT_TIBETAN:
    case USCRIPT_YI:
      return true;
    default:
      return point == kProlongedSoundMark;
  }
}

enum class Role { kSeparator, kLetter, kMark, kIgnored };

Role role_of(UChar32 point, UScriptCode script) {
  const auto type = static_cast<std::uint32_t>(U_MASK(u_charType(point)));
  if ((type & (U_GC_L_MASK | U_GC_N_MASK)) != 0) return Role::kLetter;
  if ((type & U_GC_M_MASK) == 0) return Role::kSeparator;
  return script == USCRIPT_INHERITED || script == USCRIPT_HEBREW ? Role::kIgnored : Role::kMark;
}

/// The letter without its accents.
UChar32 plain(UChar32 letter, UScriptCode script) {
  if (script == USCRIPT_CYRILLIC) return letter == kCyrillicIo ? 0x0435 : letter;
  if (script != USCRIPT_LATIN && script != USCRIPT_GREEK) return letter;
  icu::UnicodeString parts;
  return decomposition().getDecomposition(letter, parts) ? parts.char32At(0) : letter;
}

class Cutter {
 public:
  explicit Cutter(std::string_view text) : text_(text) {}

  std::vector<Token> cut() {
    while (position_ < text_.size()) {
      if (static_cast<unsigned char>(text_[position_]) < 0x80 && !mark_follows())
        ascii(text_[position_]);
      else
        segment();
    }
    close();
    return std::move(tokens_);
  }

 private:
  /// Whether the next character changes what this one, of ASCII, becomes.
  bool mark_follows() const {
    return position_ + 1 < text_.size() && static_cast<unsigned char>(text_[position_ + 1]) >= 0x80;
  }

  void ascii(char c) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      if (alone_) close();
      append(position_, position_ + 1);
      token_.text += static_cast<char>(upper ? c - 'A' + 'a' : c);
    } else {
      close();
    }
    ++position_;
  }

  /// Characters that normalization takes together: a letter and what composes with it.
  void segment() {
    const std::size_t begin = position_;
    std::size_t end = begin;
    bool broken = false;
    while (end < text_.size()) {
      std::size_t next = end;
      const UChar32 point = next_point(next);
      if (end > begin && (point < 0 || case_folding().hasBoundaryBefore(point))) break;
      broken = point < 0;
      end = next;
    }
    position_ = end;
    if (broken) {
      close();
      return;
    }
    UErrorCode status = U_ZERO_ERROR;
    const icu::UnicodeString folded =
        case_folding().normalize(icu::UnicodeString::fromUTF8(icu::StringPiece(
                                     text_.data() + begin, static_cast<std::int32_t>(end - begin))),
                                 status);
    for (std::int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1))
      take(folded.char32At(i), begin, end);
  }

  /// Negative where the bytes are not UTF-8.
  UChar32 next_point(std::size_t& position) const {
    auto i = static_cast<std::int64_t>(position);
    UChar32 point = 0;
    U8_NEXT(text_.data(), i, static_cast<std::int64_t>(text_.size()), point);
    position = static_cast<std::size_t>(i);
    return point;
  }

  void take(UChar32 point, std::size_t begin, std::size_t end) {
    const UScriptCode script = script_of(point);
    switch (role_of(point, script)) {
      case Role::kSeparator:
        close();
        return;
      case Role::kIgnored:
        if (!token_.text.empty()) token_.end = end;
        return;
      case Role::kMark:
        break;
      case Role::kLetter: {
        const bool alone = stands_alone(point, script);
        if (alone || alone_) close();
        alone_ = alone;
        break;
      }
    }
    append(begin, end);
    icu::UnicodeString(plain(point, script)).toUTF8String(token_.text);
  }

  void append(std::size_t begin, std::size_t end) {
    if (token_.text.empty()) token_.begin = begin;
    token_.end = end;
  }

  void close() {
    if (!token_.text.empty()) tokens_.push_back(std::move(token_));
    token_ = {};
    alone_ = false;
  }

  std::string_view text_;
  std::size_t position_ = 0;
  Token token_;
  /// The open token is of a letter that stands alone; only marks may join it.
  bool alone_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view text) {
  return Cutter(text).cut();
}

std::string joined(const std::vector<Token>& tokens) {
  std::string text;
  for (const Token& token : tokens) {
    if (!text.empty()) text += ' ';
    text += token.text;
  }
  return text;
}

}  // namespace attune::search
