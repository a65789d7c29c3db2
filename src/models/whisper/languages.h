#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace attune::models::whisper {

struct Language {
  /// ISO 639-1 where there is one; "haw" and "yue" are ISO 639-3, "jw" is Javanese.
  std::string_view code;
  std::string_view name;
};

/// In the order of the language tokens. The last one, Cantonese, is known to models with 100
/// languages only.
std::span<const Language> languages();

/// Index into `languages()` of a code ("de") or an English name ("German"), in any case of letters.
/// Nothing for anything else.
std::optional<int> find_language(std::string_view code_or_name);

/// Whether the language is written without spaces between words.
bool written_without_spaces(int language);

}  // namespace attune::models::whisper
