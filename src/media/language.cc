#include "media/language.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace attune::media {
namespace {

struct LanguageCodes {
  std::string_view two_letter;
  std::string_view terminological;
  std::string_view bibliographic;
};

// ISO 639: the languages whose bibliographic code differs, and the most frequent others.
constexpr std::array kLanguages = std::to_array<LanguageCodes>({
    {"sq", "sqi", "alb"}, {"hy", "hye", "arm"}, {"eu", "eus", "baq"}, {"my", "mya", "bur"},
    {"zh", "zho", "chi"}, {"cs", "ces", "cze"}, {"nl", "nld", "dut"}, {"fr", "fra", "fre"},
    {"ka", "kat", "geo"}, {"de", "deu", "ger"}, {"el", "ell", "gre"}, {"is", "isl", "ice"},
    {"mk", "mkd", "mac"}, {"mi", "mri", "mao"}, {"ms", "msa", "may"}, {"fa", "fas", "per"},
    {"ro", "ron", "rum"}, {"sk", "slk", "slo"}, {"bo", "bod", "tib"}, {"cy", "cym", "wel"},
    {"en", "eng", "eng"}, {"es", "spa", "spa"}, {"it", "ita", "ita"}, {"pt", "por", "por"},
    {"ru", "rus", "rus"}, {"ja", "jpn", "jpn"}, {"ko", "kor", "kor"}, {"ar", "ara", "ara"},
    {"hi", "hin", "hin"}, {"bn", "ben", "ben"}, {"tr", "tur", "tur"}, {"pl", "pol", "pol"},
    {"uk", "ukr", "ukr"}, {"sv", "swe", "swe"}, {"da", "dan", "dan"}, {"no", "nor", "nor"},
    {"fi", "fin", "fin"}, {"hu", "hun", "hun"}, {"he", "heb", "heb"}, {"th", "tha", "tha"},
    {"vi", "vie", "vie"}, {"id", "ind", "ind"}, {"bg", "bul", "bul"}, {"hr", "hrv", "hrv"},
    {"sr", "srp", "srp"}, {"sl", "slv", "slv"}, {"lt", "lit", "lit"}, {"lv", "lav", "lav"},
    {"et", "est", "est"}, {"ca", "cat", "cat"}, {"ga", "gle", "gle"}, {"la", "lat", "lat"},
    {"ta", "tam", "tam"}, {"te", "tel", "tel"}, {"ur", "urd", "urd"}, {"sw", "swa", "swa"},
});

std::string primary_subtag(std::string_view tag) {
  std::string primary(tag.substr(0, tag.find_first_of("-_")));
  std::ranges::transform(primary, primary.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const LanguageCodes& codes : kLanguages) {
    if (primary == codes.two_letter || primary == codes.bibliographic) {
      return std::string(codes.terminological);
    }
  }
  return primary;
}

}  // namespace

bool same_language(std::string_view a, std::string_view b) {
  return primary_subtag(a) == primary_subtag(b);
}

std::optional<std::string> three_letter_language(std::string_view tag) {
  const std::string primary = primary_subtag(tag);
  const bool is_code = primary.size() == 3 && std::ranges::all_of(primary, [](unsigned char c) {
                         return c >= 'a' && c <= 'z';
                       });
  if (!is_code) return std::nullopt;
  return primary;
}

}  // namespace attune::media
