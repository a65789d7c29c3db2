#include "captions/function_words.h"

#include <algorithm>
#include <array>

#include "captions/unicode.h"

namespace attune::captions {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::string_view kEnglishArticles[] = {"a", "an", "the"};
constexpr std::string_view kEnglishDeterminers[] = {"my",    "your",  "his",   "its",   "our",
                                                    "their", "this",  "these", "those", "every",
                                                    "each",  "whose", "which", "no"};
constexpr std::string_view kEnglishPrepositions[] = {
    "of",      "in",     "on",      "at",      "to",    "for",    "with",    "from",
    "by",      "about",  "into",    "over",    "after", "before", "between", "under",
    "through", "during", "without", "against", "among", "toward", "towards", "upon",
    "within",  "across", "behind",  "beyond",  "near",  "until",  "than",    "as"};
constexpr std::string_view kEnglishConjunctions[] = {
    "and",   "but",    "or",      "nor", "so",   "because", "although", "though", "while",
    "since", "unless", "whereas", "if",  "when", "that",    "where",    "who"};
constexpr std::string_view kEnglishLeading[] = {
    "i",     "you",    "he",    "she",   "we",   "they", "is",   "are",   "was",   "were",  "am",
    "be",    "been",   "being", "has",   "have", "had",  "will", "would", "can",   "could", "may",
    "might", "should", "must",  "shall", "do",   "does", "did",  "not",   "never", "very"};

constexpr std::string_view kGermanArticles[] = {"der", "die",  "das",   "den",   "dem",   "des",
                                                "ein", "eine", "einen", "einem", "einer", "eines"};
constexpr std::string_view kGermanDeterminers[] = {
    "mein",  "meine",  "dein",   "deine", "sein",   "seine",  "ihr",    "ihre",
    "unser", "unsere", "dieser", "diese", "dieses", "diesen", "diesem", "jeder",
    "jede",  "jedes",  "kein",   "keine", "keinen", "meinen", "seinen", "ihren"};
constexpr std::string_view kGermanPrepositions[] = {
    "in",        "im",       "an",   "am",           "auf",  "aus",    "bei",   "beim",
    "mit",       "nach",     "von",  "vom",          "zu",   "zum",    "zur",   "durch",
    "f\u00FCr",  "gegen",    "ohne", "um",           "vor",  "hinter", "neben", "unter",
    "\u00FCber", "zwischen", "seit", "w\u00E4hrend", "wegen"};
constexpr std::string_view kGermanConjunctions[] = {
    "und", "oder", "aber",   "denn",  "sondern", "weil",  "dass", "wenn",
    "als", "ob",   "obwohl", "bevor", "nachdem", "damit", "wie"};
constexpr std::string_view kGermanLeading[] = {
    "ich",  "du",     "er",    "sie",    "es",   "wir",  "man",   "ist",   "sind",
    "war",  "waren",  "bin",   "bist",   "habe", "hat",  "haben", "hatte", "hatten",
    "wird", "werden", "wurde", "wurden", "kann", "muss", "nicht", "sehr"};

constexpr std::string_view kFrenchArticles[] = {"le",  "la", "les", "un", "une",
                                                "des", "du", "au",  "aux"};
constexpr std::string_view kFrenchDeterminers[] = {
    "mon",   "ma",   "mes", "ton", "ta",    "tes", "son", "sa",    "ses", "notre",
    "votre", "leur", "nos", "vos", "leurs", "ce",  "cet", "cette", "ces", "chaque"};
constexpr std::string_view kFrenchPrepositions[] = {
    "de",  "\u00E0", "dans", "en",    "sur",   "sous",       "avec",   "sans",    "pour",
    "par", "chez",   "vers", "entre", "avant", "apr\u00E8s", "depuis", "pendant", "contre"};
constexpr std::string_view kFrenchConjunctions[] = {"et",    "ou",    "mais",    "donc",   "car",
                                                    "ni",    "que",   "qui",     "quand",  "si",
                                                    "comme", "parce", "lorsque", "puisque"};
constexpr std::string_view kFrenchLeading[] = {
    "je",  "tu",   "il", "elle", "on",  "nous",       "vous", "ils", "elles",
    "est", "sont", "a",  "ai",   "ont", "\u00E9tait", "ne",   "pas", "tr\u00E8s"};

constexpr std::string_view kSpanishArticles[] = {"el",  "la",   "los",  "las", "un",
                                                 "una", "unos", "unas", "al",  "del"};
constexpr std::string_view kSpanishDeterminers[] = {"mi",  "mis",  "tu",   "tus",     "su",
                                                    "sus", "este", "esta", "estos",   "estas",
                                                    "ese", "esa",  "cada", "nuestro", "nuestra"};
constexpr std::string_view kSpanishPrepositions[] = {"de",    "a",     "en",    "con",   "sin",
                                                     "por",   "para",  "sobre", "bajo",  "entre",
                                                     "desde", "hasta", "hacia", "contra"};
constexpr std::string_view kSpanishConjunctions[] = {"y",      "e",    "o",      "u",       "pero",
                                                     "ni",     "que",  "porque", "cuando",  "si",
                                                     "aunque", "como", "donde",  "mientras"};
constexpr std::string_view kSpanishLeading[] = {
    "yo",  "ella",       "nosotros",  "ellos",      "es", "son", "ha", "he",
    "han", "hab\u00EDa", "est\u00E1", "est\u00E1n", "no", "muy", "se"};

constexpr std::string_view kArabicPrepositions[] = {
    "\u0641\u064A",       "\u0645\u0646",       "\u0625\u0644\u0649", "\u0639\u0644\u0649",
    "\u0639\u0646",       "\u0645\u0639",       "\u0628\u064A\u0646", "\u0628\u0639\u062F",
    "\u0642\u0628\u0644", "\u062A\u062D\u062A", "\u0641\u0648\u0642", "\u062D\u062A\u0649"};
constexpr std::string_view kArabicConjunctions[] = {
    "\u0623\u0648",      "\u062B\u0645", "\u0644\u0643\u0646",       "\u0644\u0623\u0646",
    "\u0623\u0646",      "\u0625\u0646", "\u0627\u0644\u0630\u064A", "\u0627\u0644\u062A\u064A",
    "\u0625\u0630\u0627"};
constexpr std::string_view kArabicLeading[] = {"\u0642\u062F",       "\u0644\u0645",
                                               "\u0644\u0646",       "\u0644\u0627",
                                               "\u0643\u0627\u0646", "\u0643\u0627\u0646\u062A",
                                               "\u0647\u0648",       "\u0647\u064A"};

constexpr std::string_view kTitles[] = {
    "mr",     "mrs",       "ms",     "miss",   "dr",       "prof",       "sir",
    "st",     "capt",      "col",    "gen",    "lt",       "sgt",        "rev",
    "hon",    "herr",      "frau",   "mme",    "mlle",     "sr",         "sra",
    "mister", "professor", "doctor", "madame", "monsieur", "se\u00F1or", "se\u00F1ora"};
constexpr std::string_view kAbbreviations[] = {
    "mr.",  "mrs.", "ms.",  "dr.",  "prof.", "st.",   "jr.",  "capt.",  "col.", "gen.",
    "lt.",  "sgt.", "rev.", "hon.", "mme.",  "mlle.", "sra.", "vs.",    "e.g.", "i.e.",
    "a.m.", "p.m.", "no.",  "u.s.", "u.k.",  "z.b.",  "bzw.", "usw.",   "d.h.", "ca.",
    "nr.",  "str.", "inc.", "ltd.", "co.",   "dept.", "fig.", "approx."};
constexpr std::string_view kUnits[] = {
    "%",          "percent",   "prozent", "kg",       "g",       "km",        "m",
    "cm",         "mm",        "miles",   "mile",     "meters",  "metres",    "feet",
    "inches",     "pounds",    "dollars", "euros",    "euro",    "cents",     "hours",
    "hour",       "minutes",   "seconds", "days",     "years",   "year",      "weeks",
    "months",     "degrees",   "hertz",   "hz",       "khz",     "mhz",       "kilometers",
    "kilometres", "kilometer", "meter",   "grad",     "uhr",     "jahre",     "tage",
    "stunden",    "minuten",   "million", "millions", "billion", "millionen", "a.m.",
    "p.m.",       "am",        "pm",      "\u20AC"};

constexpr Language kLanguages[] = {Language::kEnglish, Language::kGerman, Language::kFrench,
                                   Language::kSpanish, Language::kArabic};

bool is_in(Words list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

int weight(const FunctionWords& words, std::string_view word) {
  const bool frequent = is_in(words.articles, word) || is_in(words.conjunctions, word) ||
                        is_in(words.prepositions, word) || is_in(words.leading, word);
  return frequent ? 1 : 0;
}

}  // namespace

const FunctionWords& function_words(Language language) {
  static const FunctionWords kEnglish = {kEnglishArticles, kEnglishDeterminers,
                                         kEnglishPrepositions, kEnglishConjunctions,
                                         kEnglishLeading};
  static const FunctionWords kGerman = {kGermanArticles, kGermanDeterminers, kGermanPrepositions,
                                        kGermanConjunctions, kGermanLeading};
  static const FunctionWords kFrench = {kFrenchArticles, kFrenchDeterminers, kFrenchPrepositions,
                                        kFrenchConjunctions, kFrenchLeading};
  static const FunctionWords kSpanish = {kSpanishArticles, kSpanishDeterminers,
                                         kSpanishPrepositions, kSpanishConjunctions,
                                         kSpanishLeading};
  static const FunctionWords kArabic = {
      {}, {}, kArabicPrepositions, kArabicConjunctions, kArabicLeading};
  static const FunctionWords kNone = {};
  switch (language) {
    case Language::kEnglish:
      return kEnglish;
    case Language::kGerman:
      return kGerman;
    case Language::kFrench:
      return kFrench;
    case Language::kSpanish:
      return kSpanish;
    case Language::kArabic:
      return kArabic;
    case Language::kOther:
      break;
  }
  return kNone;
}

Language guess_language(std::span<const std::string> words) {
  // The start of a recording tells its language.
  constexpr std::size_t kEnough = 2000;
  std::array<int, std::size(kLanguages)> hits{};
  bool latin = words.empty();
  for (const std::string& word : words.first(std::min(words.size(), kEnough))) {
    const std::string lower = lower_case(word);
    latin = latin || (lower[0] >= 'a' && lower[0] <= 'z');
    for (std::size_t i = 0; i < hits.size(); ++i)
      hits[i] += weight(function_words(kLanguages[i]), lower);
  }
  const auto most = std::max_element(hits.begin(), hits.end());
  if (*most == 0) return latin ? Language::kEnglish : Language::kOther;
  return kLanguages[most - hits.begin()];
}

bool is_title(std::string_view word) {
  if (word.ends_with('.')) word.remove_suffix(1);
  return is_in(kTitles, word);
}

bool is_abbreviation(std::string_view word) {
  const bool initial = word.size() == 2 && word[1] == '.' && word[0] >= 'a' && word[0] <= 'z';
  return initial || is_in(kAbbreviations, word);
}

bool is_first_person(std::string_view word) {
  const std::string lower = lower_case(word);
  return lower == "i" || lower.starts_with("i'") || lower.starts_with("i\u2019");
}

bool is_unit(std::string_view word) {
  return is_in(kUnits, word);
}

}  // namespace attune::captions
