#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace attune::media {

/// Whether two language tags mean the same language: "de", "deu", "ger" and "de-AT" do. Compares
/// the primary subtags without case, through ISO 639-1 and both forms of ISO 639-2 for the
/// languages that have differing ones.
bool same_language(std::string_view a, std::string_view b);

/// The three letters (ISO 639-2, terminological) that containers tag a track with: "deu" for "de",
/// "ger" and "de-AT". Three unknown letters are taken as they are; nothing for other texts.
std::optional<std::string> three_letter_language(std::string_view tag);

}  // namespace attune::media
