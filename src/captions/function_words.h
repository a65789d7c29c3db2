#pragma once

#include <span>
#include <string>
#include <string_view>

namespace attune::captions {

enum class Language { kEnglish, kGerman, kFrench, kSpanish, kArabic, kOther };

/// The words of a language that say where its sentences may be broken; all in lower case.
struct FunctionWords {
  std::span<const std::string_view> articles;
  /// Possessives, demonstratives and the like: they lead to a noun, most of the time.
  std::span<const std::string_view> determiners;
  std::span<const std::string_view> prepositions;
  std::span<const std::string_view> conjunctions;
  /// Pronouns, auxiliaries and negations: they lead to a verb.
  std::span<const std::string_view> leading;
};

/// Empty lists for kOther.
const FunctionWords& function_words(Language language);

/// The language whose function words are the most frequent ones among the words; English when there
/// are none of any and the script is Latin.
Language guess_language(std::span<const std::string> words);

/// "Mr.", "Dr", "Frau"...: what a name follows. `word` in lower case, with or without a full stop.
bool is_title(std::string_view word);

/// Whether the full stop at the end of the word is part of it: "Mr.", "e.g.", "J.". Lower case.
bool is_abbreviation(std::string_view word);

/// The English "I", "I'm", "I'll"..., in any case.
bool is_first_person(std::string_view word);

/// "km", "percent", "euros"...: what a number goes with. Lower case.
bool is_unit(std::string_view word);

}  // namespace attune::captions
