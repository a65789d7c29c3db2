#include "models/whisper/languages.h"

#include <algorithm>
#include <array>

namespace attune::models::whisper {
namespace {

constexpr std::array<Language, 100> kLanguages = {{
    {"en", "English"},        {"zh", "Chinese"},     {"de", "German"},        {"es", "Spanish"},
    {"ru", "Russian"},        {"ko", "Korean"},      {"fr", "French"},        {"ja", "Japanese"},
    {"pt", "Portuguese"},     {"tr", "Turkish"},     {"pl", "Polish"},        {"ca", "Catalan"},
    {"nl", "Dutch"},          {"ar", "Arabic"},      {"sv", "Swedish"},       {"it", "Italian"},
    {"id", "Indonesian"},     {"hi", "Hindi"},       {"fi", "Finnish"},       {"vi", "Vietnamese"},
    {"he", "Hebrew"},         {"uk", "Ukrainian"},   {"el", "Greek"},         {"ms", "Malay"},
    {"cs", "Czech"},          {"ro", "Romanian"},    {"da", "Danish"},        {"hu", "Hungarian"},
    {"ta", "Tamil"},          {"no", "Norwegian"},   {"th", "Thai"},          {"ur", "Urdu"},
    {"hr", "Croatian"},       {"bg", "Bulgarian"},   {"lt", "Lithuanian"},    {"la", "Latin"},
    {"mi", "Maori"},          {"ml", "Malayalam"},   {"cy", "Welsh"},         {"sk", "Slovak"},
    {"te", "Telugu"},         {"fa", "Persian"},     {"lv", "Latvian"},       {"bn", "Bengali"},
    {"sr", "Serbian"},        {"az", "Azerbaijani"}, {"sl", "Slovenian"},     {"kn", "Kannada"},
    {"et", "Estonian"},       {"mk", "Macedonian"},  {"br", "Breton"},        {"eu", "Basque"},
    {"is", "Icelandic"},      {"hy", "Armenian"},    {"ne", "Nepali"},        {"mn", "Mongolian"},
    {"bs", "Bosnian"},        {"kk", "Kazakh"},      {"sq", "Albanian"},      {"sw", "Swahili"},
    {"gl", "Galician"},       {"mr", "Marathi"},     {"pa", "Punjabi"},       {"si", "Sinhala"},
    {"km", "Khmer"},          {"sn", "Shona"},       {"yo", "Yoruba"},        {"so", "Somali"},
    {"af", "Afrikaans"},      {"oc", "Occitan"},     {"ka", "Georgian"},      {"be", "Belarusian"},
    {"tg", "Tajik"},          {"sd", "Sindhi"},      {"gu", "Gujarati"},      {"am", "Amharic"},
    {"yi", "Yiddish"},        {"lo", "Lao"},         {"uz", "Uzbek"},         {"fo", "Faroese"},
    {"ht", "Haitian Creole"}, {"ps", "Pashto"},      {"tk", "Turkmen"},       {"nn", "Nynorsk"},
    {"mt", "Maltese"},        {"sa", "Sanskrit"},    {"lb", "Luxembourgish"}, {"my", "Myanmar"},
    {"bo", "Tibetan"},        {"tl", "Tagalog"},     {"mg", "Malagasy"},      {"as", "Assamese"},
    {"tt", "Tatar"},          {"haw", "Hawaiian"},   {"ln", "Lingala"},       {"ha", "Hausa"},
    {"ba", "Bashkir"},        {"jw", "Javanese"},    {"su", "Sundanese"},     {"yue", "Cantonese"},
}};

constexpr std::array<std::string_view, 6> kWithoutSpaces = {"zh", "ja", "th", "lo", "my", "yue"};

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

std::span<const Language> languages() {
  return kLanguages;
}

std::optional<int> find_language(std::string_view code_or_name) {
  for (std::size_t i = 0; i < kLanguages.size(); ++i)
    if (same_letters(kLanguages[i].code, code_or_name) ||
        same_letters(kLanguages[i].name, code_or_name))
      return static_cast<int>(i);
  return std::nullopt;
}

bool written_without_spaces(int language) {
  return std::ranges::find(kWithoutSpaces,
                           kLanguages.at(static_cast<std::size_t>(language)).code) !=
         kWithoutSpaces.end();
}

}  // namespace attune::models::whisper
